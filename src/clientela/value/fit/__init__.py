"""What customers will bring: learnt on past snapshots, judged on later ones.

Start at :mod:`clientela.value.fit.learning`; :mod:`clientela.value.fit.holdout` looks once at
what came after.
"""
