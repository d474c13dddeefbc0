"""What a network needs on a device: memory, flash and time."""
