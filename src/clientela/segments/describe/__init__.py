"""What the firm does with the models: segments with names and profiles."""
