"""Tables at every alpha and resolution at once, row by row: widths as step functions, counts as products of them."""
