"""Speed and memory, measured beside counting tools; not part of the tests."""
