"""What was found in a spec, and the spec to start from."""
