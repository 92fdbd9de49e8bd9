"""Translations: one flat JSON catalogue a language."""
