"""How one row or a batch is scored from a stored artifact."""
