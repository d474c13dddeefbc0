"""The commands about memory and time on a device."""
