"""The loyalty programme: who belongs to it, by which rules, and what shows that they are right.

Start at :mod:`clientela.insiders.fit.programme`, which runs the rest.
"""
