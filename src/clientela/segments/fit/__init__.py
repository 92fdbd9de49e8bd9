"""What is fitted, and chosen by evidence."""
