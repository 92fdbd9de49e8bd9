"""The model report: what was compared, how well it did, on what it rests, for data people."""
