"""Import paths of the documentation's test helpers."""
