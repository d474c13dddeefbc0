"""`python -m mbcost`."""

from mbcost.cli import main

main()
