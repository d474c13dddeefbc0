"""`mbcost schema`."""

from __future__ import annotations

from mbcost.cli.files import choose_file, write
from mbcost.cli.options import Output
from mbcost.cli.output import to_json
from mbcost.spec.catalogue.library import families
from mbcost.spec.reading.schema import spec_schema


def schema(output: Output = None) -> int:
    """Print the JSON Schema of a spec, with which editors complete specs and underline mistakes.

    \b
    Example:
      mbcost schema --output mbcost.schema.json
      and in a spec: # yaml-language-server: $schema=mbcost.schema.json
    """
    write(to_json(spec_schema(families())), choose_file(output))
    return 0
