"""The first witness: a network's layers and their exact counts, from formulas alone."""
