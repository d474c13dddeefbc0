"""Many alphas and resolutions at once."""
