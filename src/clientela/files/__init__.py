"""Files that are whole and safe to open."""
