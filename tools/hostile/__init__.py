"""Try the commands with hostile files and arguments: `python -m tools.hostile COUNT [SEED]`."""
