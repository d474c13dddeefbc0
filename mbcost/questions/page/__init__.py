"""What an interactive page shows: networks at every alpha and resolution, as data that a browser multiplies."""
