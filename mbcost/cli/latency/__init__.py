"""The commands about latency."""
