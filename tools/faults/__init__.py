"""Try the commands while something around them fails: `python -m tools.faults [SHARE]`."""
