"""What people read: the data dictionary and the generated pages."""
