"""Run the command line: `python -m mbcost`."""

from mbcost.cli import main

main()
