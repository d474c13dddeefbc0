"""Known mistakes, in tables and in models."""
