"""The questions of the command line as Python functions; `mbcost` hands out their names."""
