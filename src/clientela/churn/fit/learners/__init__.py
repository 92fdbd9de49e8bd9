"""The ways to tell leavers that are compared, one family a file."""
