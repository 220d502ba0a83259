"""Import paths that the documentation uses."""
