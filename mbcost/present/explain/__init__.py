"""Explanations of a printed number."""
