"""The value model as it is applied."""
