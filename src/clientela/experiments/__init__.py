"""Experiments on a group: how many customers, who is held out, and what came of it."""
