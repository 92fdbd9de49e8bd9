"""What customers will bring: learnt, applied, and summed up by group."""
