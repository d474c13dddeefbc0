"""The commands that compare networks."""
