"""Searches of alphas and resolutions."""
