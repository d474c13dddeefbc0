"""Memory and speed."""
