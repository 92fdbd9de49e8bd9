"""What is declared once: columns and features."""
