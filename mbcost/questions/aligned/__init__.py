"""Lists of layers, aligned with each other."""
