"""The commands about the memory and the speed of a device."""
