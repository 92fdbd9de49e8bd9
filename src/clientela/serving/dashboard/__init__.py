"""The dashboard: pages that are rendered on the server and read without JavaScript."""
