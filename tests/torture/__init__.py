"""The attack, to be repeated by anyone: ``make torture``. Too slow for ``make test``."""
