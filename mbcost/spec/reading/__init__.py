"""YAML and text to the types of `mbcost.spec`."""
