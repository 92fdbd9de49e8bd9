"""What learns propensities."""
