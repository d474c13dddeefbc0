"""Comparisons of layers, blocks and networks."""
