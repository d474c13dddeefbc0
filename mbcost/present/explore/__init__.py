"""A setting that a user tries, as a screen of text."""
