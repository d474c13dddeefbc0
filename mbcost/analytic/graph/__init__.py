"""The graph of a file or of a traced model becomes a network with counts."""
