"""The findings in specs, as text and tables, and the spec to start from."""
