"""The interactive page in real browsers. Every test here is executed in the thread of the driver: see `driver`."""
