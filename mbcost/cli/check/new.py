"""`mbcost new`."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Annotated, Optional

from mbcost.cli.arguments import refuse_models
from mbcost.cli.files import choose_file, write
from mbcost.cli.parameters import Argument, Option
from mbcost.errors import MbcostError, escape
from mbcost.present.check.new import starting_spec


def new(
    name: Annotated[str, Argument(metavar="NAME", help="Name of the network, or NAME.yaml.")],
    output: Annotated[
        Optional[Path],
        Option("--output -o", help="Write to FILE; - is standard output [default: NAME.yaml].", metavar="FILE"),
    ] = None,
) -> int:
    """Write a commented spec to start from, a small MobileNetV2. An existing NAME.yaml is replaced
    only if --output names it.

    \b
    Examples:
      mbcost new mynet
      mbcost new mynet --output nets/mynet.yaml
      mbcost new mynet --output - | mbcost table -
    """
    refuse_models([name], "it needs no table: use mbcost table, or choose a name such as mynet")
    file = Path(name if name.endswith((".yaml", ".yml")) else f"{name}.yaml")
    name = name.removesuffix(".yaml").removesuffix(".yml")
    if re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}", name) is None:
        raise MbcostError(f"{name[:100]!r} is not a name: use letters, digits, '-', '_' and '.', such as mynet")
    target = choose_file(file if output is None else output)
    if target is None:
        write(starting_spec(name, str(file)))
        return 0
    if output is None and (target.exists() or target.is_symlink()):
        raise MbcostError(f"{target} exists: choose a different name, or add --output {target} to replace it")
    word = escape(shlex.quote(str(target)))  # a name can have blanks, line feeds and other characters
    write(starting_spec(name, word), target)
    write(f"wrote {word}: next, mbcost check {word}\n")
    return 0
