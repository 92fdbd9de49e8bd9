"""What the commands tell a person."""
