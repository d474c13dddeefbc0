"""Memory and time of a network on a device, as tables and as JSON."""
