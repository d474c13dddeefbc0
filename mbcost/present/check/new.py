"""A spec to start from: a small MobileNetV2, commented."""

from __future__ import annotations

_WORDS = {"true", "false", "yes", "no", "on", "off", "null"}
"""Words that YAML does not read as text."""

_TEXT = """\
# yaml-language-server: $schema=mbcost.schema.json
# The line above gives editors completion and errors, after `mbcost schema --output mbcost.schema.json`.
# `mbcost check {file}` tells whether the spec is right, `mbcost table {file}` what the network costs.
name: {name}
title: {title}
# Where the table was read; every key is optional.
source: {{paper: "where it is printed", table: 1}}
# The resolution is one number, or height and width: 96x128.
input: {{channels: 3, resolution: 96}}
# The headings, once. Every row has a cell for each of them, as printed at alpha 1; ~ is an empty cell.
#   in        the input that the table prints for the row. It is only checked: leave the column out if there is none
#   operator  conv, separable, bottleneck, global_pool or linear, followed by the kernel if it is not 3x3
#   t         expansion factor of a bottleneck, or a column exp with its expanded width
#   c         output channels; k is the number of classes
#   n, s      repeats of the row; stride of the first repeat
#   others    k (kernel), se (true or false), nl (RE or HS)
columns: [in,       operator,       t,   c, n, s]
rows:
  - [96x96x3,       conv,           ~,  16, 1, 2]
  - [48x48x16,      bottleneck,     1,   8, 1, 1]
  - [48x48x8,       bottleneck,     6,  16, 2, 2]
  - [24x24x16,      bottleneck 5x5, 6,  24, 3, 2]
  - [12x12x24,      bottleneck,     4,  40, 2, 2]
  - [6x6x40,        conv 1x1,       ~, 320, 1, 1]
  - [6x6x320,       global_pool,    ~,   ~, ~, ~]
  - [1x1x320,       linear,         ~,   k, ~, ~]
# How the table becomes layers (rounding, padding, biases, activations): those of MobileNet v1, v2 or v3.
implementations: {{family: v2}}
"""


def starting_spec(name: str, file: str) -> str:
    """Return the text of a spec called `name` for the file `file`."""
    quoted = f'"{name}"' if name.lower() in _WORDS else name
    return _TEXT.format(name=quoted, title=quoted, file=file)
