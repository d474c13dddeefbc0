"""Memory: what waits in it, where it stands, and what is stored in flash."""
