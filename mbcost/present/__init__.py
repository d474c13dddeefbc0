"""Answers -> tables -> strings."""
