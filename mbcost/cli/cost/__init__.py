"""The commands that show what a network costs, and by whose rules."""
