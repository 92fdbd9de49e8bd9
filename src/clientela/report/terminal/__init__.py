"""Texts of the commands for people at a terminal."""
