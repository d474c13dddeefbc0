"""The commands that show what a network costs, and in whose counts."""
