"""What customers will bring: learnt on past snapshots, judged on later ones.

Start at :mod:`clientela.models.value.learning`; :mod:`clientela.models.value.judging` looks once at
what came after.
"""
