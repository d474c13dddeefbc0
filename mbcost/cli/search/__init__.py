"""The commands that search alphas and resolutions."""
