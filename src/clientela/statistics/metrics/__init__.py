"""How well probabilities and decisions hold: one metric a file, each weighted row by row."""
