"""The data that the interactive page computes with."""
