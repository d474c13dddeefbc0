"""The commands that read a user's own model."""
