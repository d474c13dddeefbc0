"""The command that explains a printed number."""
