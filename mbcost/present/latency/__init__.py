"""Answers about latency as tables and JSON."""
