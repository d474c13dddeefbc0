"""A spec is read from YAML, and every mistake in it is reported at its position, all at once."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mbcost.errors import SpecError
from mbcost.spec.catalogue.library import load_family, specs_folder
from mbcost.spec.reading.implementations import parse_family
from mbcost.spec.reading.table import parse_spec
from mbcost.spec.table import Row, Spec

TINY = """\
name: tiny
title: A tiny network
source: {paper: "arXiv:0000.00000v1", table: 1}
input: {channels: 3, resolution: 32}
published: {alpha: [1.0], resolution: [32]}
columns: [operator,         t, exp, c, n, s]
rows:
  - [conv,                  ~,   ~, 8, 1, 2]
  - [bottleneck,            6,   ~, 8, 2, 1]
  - [bottleneck 5x3,        ~,  40, 8, 1, 2]
  - [global_pool,           ~,   ~, ~, 1, ~]
  - [linear,                ~,   ~, k, ~, ~]
implementations: {family: v2}
"""


def parse(text: str) -> Spec:
    return parse_spec(text, "tiny.yaml", load_family)


def problems(text: str) -> tuple[str, ...]:
    with pytest.raises(SpecError) as caught:
        parse(text)
    assert str(caught.value) == "\n".join(caught.value.problems)
    return caught.value.problems


def edited(*edits: tuple[str, str]) -> str:
    text = TINY
    for old, new in edits:
        assert text.count(old) == 1, f"'{old}' should occur once in the document"
        text = text.replace(old, new)
    return text


def test_a_spec_is_its_printed_table() -> None:
    spec = parse(TINY)
    assert (spec.name, spec.title, spec.source) == ("tiny", "A tiny network", "arXiv:0000.00000v1, table 1")
    assert (spec.channels, spec.resolution) == (3, (32, 32))
    assert spec.columns == ("operator", "t", "exp", "c", "n", "s")
    assert spec.rows == (
        Row(0, "conv", c=8, n=1, s=2, nl="RE"),
        Row(1, "bottleneck", t=6, c=8, n=2, s=1, nl="RE"),
        Row(2, "bottleneck", k=(5, 3), exp=40, c=8, n=1, s=2, nl="RE"),
        Row(3, "global_pool", n=1),
        Row(4, "linear", c="k"),
    )
    assert spec.implementations == load_family("v2")


@pytest.mark.parametrize(
    ("new", "resolution"), [("[160, 224]", (160, 224)), ("160x224", (160, 224)), ("224", (224, 224))]
)
def test_a_resolution_is_one_number_or_height_and_width(new: str, resolution: tuple[int, int]) -> None:
    assert parse(edited(("resolution: 32}", f"resolution: {new}}}"))).resolution == resolution


def test_a_kernel_may_have_a_column_and_n_may_have_none() -> None:
    columns_of_v3 = edited(
        ("[operator,         t, exp, c, n, s]", "[operator, k, exp, c, se, nl, s]"),
        ("[conv,                  ~,   ~, 8, 1, 2]", "[conv, 3, ~, 8, false, HS, 2]"),
        ("[bottleneck,            6,   ~, 8, 2, 1]", "[bottleneck, 3x5, 40, 8, true, RE, 1]"),
        ("[bottleneck 5x3,        ~,  40, 8, 1, 2]", "[bottleneck, ~, 40, 8, false, RE, 2]"),
        ("[global_pool,           ~,   ~, ~, 1, ~]", "[global_pool, ~, ~, ~, false, ~, ~]"),
        ("[linear,                ~,   ~, k, ~, ~]", "[linear, ~, ~, k, false, ~, ~]"),
        ("family: v2", "family: v3, only: [timm, keras]"),
    )
    spec = parse(columns_of_v3)
    assert spec.rows[:3] == (
        Row(0, "conv", k=(3, 3), c=8, s=2, nl="HS"),
        Row(1, "bottleneck", k=(3, 5), exp=40, c=8, s=1, se=True, nl="RE"),
        Row(2, "bottleneck", exp=40, c=8, s=2, nl="RE"),
    )
    assert list(spec.implementations) == ["timm", "keras"]


OTHER = """\
name: other
input: {channels: 3, resolution: 64x32}
columns: [operator,      a,   k, t, exp,  c, g, d,   res, s]
rows:
  - [conv,               ~, 3x5, ~,   ~, 16, 1, 2,     ~, 2]
  - [universal_bottleneck, 0, 5, 4,   ~, 16, 1, ~,  true, 1]
  - [universal_bottleneck, 5, 0, 4,   ~, 16, ~, ~, false, 1]
  - [universal_bottleneck, ~, 0, 2,   ~, 16, ~, ~,     ~, 1]
  - [residual,           ~,   ~, ~,   8, 32, 4, ~,     ~, 2]
  - [residual,           ~,   ~, ~,   ~, 32, ~, ~,     ~, 1]
  - [average_pool 2x2,   ~,   ~, ~,   ~,  ~, ~, ~,     ~, 2]
  - [flatten,            ~,   2, ~,   ~,  ~, ~, ~,     ~, ~]
  - [linear,             ~,   ~, ~,   ~, 20, ~, ~,     ~, ~]
  - [linear,             ~,   ~, ~,   ~,  k, ~, ~,     ~, ~]
implementations: {family: resnet}
"""


def test_rows_with_the_columns_of_later_networks_are_read() -> None:
    assert parse(OTHER).rows == (
        Row(0, "conv", k=(3, 5), c=16, g=1, d=2, s=2, nl="RE"),
        Row(1, "universal_bottleneck", k=(5, 5), t=4, c=16, g=1, s=1, nl="RE", res=True),
        Row(2, "universal_bottleneck", a=(5, 5), k=(0, 0), t=4, c=16, s=1, nl="RE", res=False),
        Row(3, "universal_bottleneck", k=(0, 0), t=2, c=16, s=1, nl="RE"),
        Row(4, "residual", exp=8, c=32, g=4, s=2, nl="RE"),
        Row(5, "residual", c=32, s=1, nl="RE"),
        Row(6, "average_pool", k=(2, 2), s=2),
        Row(7, "flatten", k=(2, 2)),
        Row(8, "linear", c=20, nl="RE"),
        Row(9, "linear", c="k"),
    )


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("8, 32, 4", "~, 32, 4", "9:46: the basic residual block has no groups: write its inner width in column 'exp'"),
        (
            "8, 32, 4, ~",
            "8, 32, 4, 2",
            "9:49: residual does not take 'd', which belongs to conv, separable, bottleneck",
        ),
        (
            "2,   ~, 16, ~",
            "2,   ~, 16, 2",
            "8:46: universal_bottleneck does not take 'g', which belongs to conv, residual",
        ),
        (
            "16, 1, 2,     ~",
            "16, 1, 2, false",
            "5:52: conv does not take 'res', which belongs to bottleneck, fused_bottleneck,",
        ),
        ("16, 1, 2,     ~", "16, 0, 2,     ~", "5:46: 0 is too small: it must be at least 1"),
        ("16, 1, 2,     ~", "16, 1, wide,  ~", "5:49: expected a number, found text 'wide'"),
        ("true, 1]", "true, 2]", "6:53: a block with a stride has no residual: its input and output differ in size"),
        ("true, 1]", "yes, 1]", "6:53: expected true or false, found 'yes': write true"),
        ("~, 16, ~, ~,     ~, 1]", "~, 16, ~, ~,     ~, 2]", "8:5: a stride needs a depthwise layer: both kernels"),
        (
            "[conv,               ~",
            "[conv,               3",
            "5:26: conv does not take 'a', which belongs to universal_",
        ),
        ("~, 3x5, ~", "~,   0, ~", "5:31: 0 is too small: a kernel must be at least 1x1"),
    ],
)
def test_a_mistake_in_the_columns_of_later_networks_is_reported(old: str, new: str, problem: str) -> None:
    assert OTHER.count(old) == 1
    (message,) = problems(OTHER.replace(old, new))
    assert message.startswith(f"tiny.yaml:{problem}")


MISTAKES = {
    "an unknown key": (("title:", "titel:"), "2:1: unknown key 'titel': did you mean 'title'?"),
    "a key twice": (("title: A tiny network", "name: again"), "2:1: 'name' is given twice: remove one"),
    "a missing key": (("name: tiny\n", ""), "1:1: the key 'name' is missing: add it"),
    "a missing block": (("input: {channels: 3, resolution: 32}\n", ""), "1:1: the key 'input' is missing: add it"),
    "a missing key inside": (("channels: 3, ", ""), "4:8: the key 'channels' is missing: add it"),
    "a short row": (("8, 2, 1]", "8, 2]"), "9:5: expected 6 cells (operator, t, exp, c, n, s), found 5"),
    "no row at all": (
        ("  - [global", "  - conv\n  - [global"),
        "11:5: expected a list, found text 'conv': write [operator, t, exp, c, n, s]",
    ),
    "an unknown operator": (
        ("bottleneck 5x3", "bottelneck 5x3"),
        "10:6: unknown operator 'bottelneck': did you mean 'bottleneck' or 'fused_bottleneck' or "
        "'universal_bottleneck'?",
    ),
    "no operator": (
        ("[bottleneck,  ", "[Bottle-neck!,  "),
        "9:6: expected an operator such as 'conv' or 'bottleneck 5x5', found text 'Bottle-neck!'",
    ),
    "a linear row on a whole map": (
        ("  - [global_pool,           ~,   ~, ~, 1, ~]\n", ""),
        "11:5: a linear row reads a 1x1 map: put a global_pool before it",
    ),
    "a mistyped repeat": (
        ("6,   ~, 8, 2", "6,   ~, 8, 2000"),
        "9:5: the row is repeated 2,000 times: it must be at most 1,000",
    ),
    "no implementation left": (
        ("{family: v2}", "{family: v2, only: []}"),
        "13:37: name at least one implementation, or leave 'only' out",
    ),
    "an empty kernel": (("bottleneck 5x3", "bottleneck 0x3"), "10:6: a kernel must be at least 1x1"),
    "neither t nor exp": (
        ("6,   ~, 8, 2", "~,   ~, 8, 2"),
        "9:5: bottleneck needs either the expansion factor 't' or the expanded width 'exp'",
    ),
    "both t and exp": (
        ("6,   ~, 8, 2", "6,  48, 8, 2"),
        "9:5: bottleneck needs either the expansion factor 't' or the expanded width 'exp'",
    ),
    "t elsewhere": (
        ("~,   ~, 8, 1, 2]", "2,   ~, 8, 1, 2]"),
        "8:29: conv does not take 't', which belongs to bottleneck, fused_bottleneck, universal_bottleneck: write ~",
    ),
    "a width of a pool": (
        ("~,   ~, ~, 1, ~]", "~,   ~, 8, 1, ~]"),
        "11:37: global_pool does not take 'c', which belongs to conv, separable, bottleneck, fused_bottleneck, "
        "universal_bottleneck, residual, linear, dense: write ~",
    ),
    "a pool without a window": (
        ("bottleneck 5x3,        ~,  40, 8", "max_pool,              ~,   ~, ~"),
        "10:5: max_pool needs its window and its stride in column 's', as in 'max_pool 3x3'",
    ),
    "a pool without a stride": (
        ("bottleneck 5x3,        ~,  40, 8, 1, 2", "average_pool 2x2,      ~,   ~, ~, 1, ~"),
        "10:5: average_pool needs its window and its stride in column 's', as in 'average_pool 3x3'",
    ),
    "a repeated pool": (
        ("bottleneck 5x3,        ~,  40, 8, 1", "max_pool 3x3,          ~,   ~, ~, 2"),
        "10:40: max_pool does not take 'n', which belongs to conv, separable, bottleneck, fused_bottleneck, "
        "universal_bottleneck, residual: write ~",
    ),
    "a linear row after a map without a pool": (
        ("global_pool,           ~", "flatten,               ~"),
        "12:5: after a flatten without a grid, linear cannot read the vector: write dense, or flatten to a grid",
    ),
    "a vector flattened": (
        ("  - [linear,   ", "  - [flatten 7x7, ~, ~, ~, ~, ~]\n  - [linear,   "),
        "12:5: the map is already 1x1: flatten needs a larger one",
    ),
    "a factor of a residual block": (
        ("[bottleneck,            6,   ~, 8, 2", "[residual,              4,   ~, 8, 2"),
        "9:29: residual does not take 't', which belongs to bottleneck, fused_bottleneck, "
        "universal_bottleneck: write ~",
    ),
    "neither t nor exp of a fused one": (
        ("[bottleneck,            6", "[fused_bottleneck,      ~"),
        "9:5: fused_bottleneck needs either the expansion factor 't' or the expanded width 'exp'",
    ),
    "a universal bottleneck without a kernel": (
        ("[bottleneck,  ", "[universal_bottleneck,  "),
        "9:5: universal_bottleneck needs the kernel of its inner depthwise layer in column 'k', or 0 for none",
    ),
    "a t that narrows": (("6,   ~, 8, 2", "0.5, ~, 8, 2"), "9:29: 0.5 is too small: it must be at least 1"),
    "no width": (("~,   ~, 8, 1, 2]", "~,   ~, ~, 1, 2]"), "8:5: conv needs its output channels in column 'c'"),
    "classes in the middle": (
        ("~,   ~, 8, 1, 2]", "~,   ~, k, 1, 2]"),
        "8:5: 'k', the number of classes, must be in a linear or dense row: write a number",
    ),
    "text for a number": (("8, 2, 1]", "8, two, 1]"), "9:40: expected a number, found text 'two'"),
    "a word for which YAML has a tag": (("8, 2, 1]", "8, <<, 1]"), "9:40: expected a number, found text '<<'"),
    "a fraction of a repeat": (("8, 2, 1]", "8, 2.5, 1]"), "9:40: expected a whole number, found 2.5"),
    "a number that YAML 1.1 and 1.2 read differently": (
        ("8, 2, 1]", "8, 0_010, 1]"),
        "9:40: '0_010' starts with a 0, which YAML reads as octal: write 10",
    ),
    "a number in quotation marks": (
        ("8, 2, 1]", '8, "2", 1]'),
        "9:40: expected a number, found text '2': remove the quotation marks",
    ),
    "a word that is a boolean": (
        ("8, 2, 1]", "8, on, 1]"),
        "9:40: expected a number, found true or false 'on': write it in digits",
    ),
    "classes in capitals": (("k, ~, ~]", "K, ~, ~]"), "12:37: expected a number, found text 'K': did you mean 'k'?"),
    "a capital without a meaning": (("8, 2, 1]", "8, K, 1]"), "9:40: expected a number, found text 'K'"),
    "a version for a number": (("8, 2, 1]", "8, 1.2.3, 1]"), "9:40: expected a number, found text '1.2.3'"),
    "no repeat": (("8, 2, 1]", "8, 0, 1]"), "9:40: 0 is too small: it must be at least 1"),
    "a list for text": (("name: tiny", "name: [tiny]"), "1:7: expected text, found a list"),
    "an infinite width": (("40, 8", ".inf, 8"), "10:33: .inf is too large: it must be at most 9007199254740992"),
    "an unknown column": (
        ("c, n, s]", "c, m, s]"),
        "6:40: unknown column 'm': choose from operator, a, k, t, exp, c, g, d, se, nl, res, n, s, in",
    ),
    "a word for a column": (("c, n, s]", "Channels, n, s]"), "6:37: unknown column 'Channels': did you mean 'c'?"),
    "a near word for a column": (("c, n, s]", "c, n, strid]"), "6:43: unknown column 'strid': did you mean 's'?"),
    "a column twice": (("c, n, s]", "c, c, s]"), "6:40: the column 'c' is given twice: remove one"),
    "no operators": (("[operator,  ", "[k,  "), "6:10: the column 'operator' is missing: add it"),
    "a kernel twice": (("c, n, s]", "c, n, k]"), "10:43: the operator already states the kernel: remove one of them"),
    "a strided classifier": (
        ("k, ~, ~]", "k, ~, 2]"),
        "12:43: linear does not take 's', which belongs to conv, separable, bottleneck, fused_bottleneck, "
        "universal_bottleneck, residual, max_pool, average_pool: write ~",
    ),
    "an unknown family": (
        ("family: v2", "family: v4"),
        "13:27: unknown family of implementations 'v4': "
        "choose from efficientnet, mnasnet, mobilenet-v4, resnet, v1, v2, v3, vgg",
    ),
    "an unknown implementation": (
        ("family: v2", "family: v2, only: [torchvison]"),
        "13:38: unknown implementation 'torchvison': did you mean 'torchvision'?",
    ),
    "a family alone": (
        ("{family: v2}", "v2"),
        "13:18: expected a mapping, found text 'v2': did you mean {family: v2}?",
    ),
    "a mistyped key of the family": (
        ("{family: v2}", "{familly: v2, only: [official]}"),
        "13:28: expected a mapping, found text 'v2': did you mean {family: v2}?",
    ),
    "no implementation": (("{family: v2}", "{}"), "13:18: expected at least one implementation"),
    "a letter without a function": (
        ("c, n, s]", "c, nl, s]"),
        "9:40: unknown activation '2' for the implementation official: choose from RE",
    ),
    "a tab": (
        ("  - [conv,", "\t- [conv,"),
        "8:1: not YAML: found character that cannot start any token: indent with spaces, not with a tab",
    ),
}


@pytest.mark.parametrize(("edit", "problem"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_reported_at_its_position(edit: tuple[str, str], problem: str) -> None:
    assert f"tiny.yaml:{problem}" in problems(edited(edit))


@pytest.mark.parametrize("mistake", sorted(set(MISTAKES) - {"a letter without a function", "a kernel twice"}))
def test_one_mistake_is_reported_once(mistake: str) -> None:
    """The two that are left out give a column of numbers a different heading, so that every row is wrong."""
    assert len(problems(edited(MISTAKES[mistake][0]))) == 1


def test_mistakes_are_reported_in_order_of_position() -> None:
    chosen = ["an unknown key", "a missing key inside", "a short row", "an unknown operator", "a strided classifier",
              "an unknown family"]  # fmt: skip
    edits = [MISTAKES[mistake][0] for mistake in chosen]
    assert problems(edited(*edits)) == tuple(f"tiny.yaml:{MISTAKES[mistake][1]}" for mistake in chosen)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "1:1: the file is empty"),
        ("# only a comment\n", "1:1: the file is empty"),
        ("- a list\n", "1:1: expected a mapping, found a list"),
        ("a: [1,\n", "1:4: not YAML: this '[' is still open at the end of the file: close it with ']'"),
        ("a: [1, {b: 2", "1:8: not YAML: this '{' is still open at the end of the file: close it with '}'"),
        ("a: [\n# [\n\n", "1:4: not YAML: this '[' is still open at the end of the file: close it with ']'"),
        (
            "a: [[1, 2],\n  [3, 4]\nb: 5\n",
            "1:4: not YAML: this '[' is still open in line 3: close it with ']', or add the ',' that is missing",
        ),
        ("a: [1,\n  ,]\n", "2:3: not YAML: did not find expected node content: write ~ for an empty cell"),
        (
            "a: b: c\n",
            "1:5: not YAML: mapping values are not allowed in this context: "
            "put text with ': ' in quotes, and a space after the colon of each key",
        ),
        (
            "a: @b\n",
            "1:4: not YAML: found character that cannot start any token: put text that starts with '@' in quotes",
        ),
        ("a: [1, 2}\n", "1:9: not YAML: did not find expected ',' or ']': write ']' instead of '}'"),
        ("a: [1 2: 3]\nb\n", "2:2: not YAML: could not find expected ':': write KEY: VALUE"),
        ("a: {b: 1 c: 2}\n", "1:11: not YAML: did not find expected ',' or '}': add the ',' that is missing"),
        (
            "a:\n  - [1] x\n",
            "2:9: not YAML: did not find expected '-' indicator: "
            "indent it like its neighbours, and write nothing after a closing bracket",
        ),
        ("a: ['1\nb: 2\n", "1:5: not YAML: this quotation mark is still open at the end of the file: close it"),
        ("a: &x [\n", "1:8: not YAML: did not find expected node content"),
    ],
)
def test_a_text_that_is_not_a_mapping_is_refused_with_one_problem(text: str, problem: str) -> None:
    assert problems(text) == (f"tiny.yaml:{problem}",)


FAMILY = (specs_folder() / "implementations" / "v3.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("  expansion: input\n", "", "4:3: the first implementation must be complete: 'expansion' is missing"),
        ("{integer: none, ", "{", "5:13: the key 'integer' is missing: add it"),
        ("{head: .inf}", "{had: .inf}", "8:20: unknown key 'had': did you mean 'head'?"),
        (
            "depthwise: same}",
            "depthwise: valid}",
            "10:36: unknown padding 'valid': choose from same, symmetric, trailing",
        ),
        ("HS: hard_swish", "HS: h-swish", "13:31: unknown activation 'h-swish': did you mean 'swish' or 'hard_swish'?"),
        ("norm_epsilon: 0.001", "norm_epsilon: 0", "16:17: an epsilon must lie between 0 and 1"),
        ("fused_norm: false", "fused_norm: maybe", "19:15: expected true or false, found text 'maybe'"),
        ("keras:", "keras: 3\nKeras:", "20:8: expected a mapping, found a whole number '3'"),
        ("expansion: printed", "expansion: prnted", "31:14: unknown expansion 'prnted': did you mean 'printed'?"),
    ],
)
def test_a_mistake_in_the_implementations_is_reported_once_at_its_position(old: str, new: str, problem: str) -> None:
    """It is reported once, although later records take over what the first one states."""
    with pytest.raises(SpecError) as caught:
        parse_family(FAMILY.replace(old, new, 1), "v3.yaml")
    assert caught.value.problems == (f"v3.yaml:{problem}",)


def test_a_later_implementation_takes_over_what_it_does_not_state() -> None:
    family = parse_family(FAMILY, "v3.yaml")
    official, torchvision = family["official"], family["torchvision"]
    assert torchvision.expansion != official.expansion
    assert torchvision.norm_epsilon == official.norm_epsilon
    assert torchvision.channels == official.channels


JUNK = [
    "~",
    "0",
    "-1",
    "1.5",
    ".inf",
    ".nan",
    "1e400",
    "9" * 400,
    "0x10",
    "1:30",
    "2001-01-01",
    "''",
    "true",
    "k",
    "RE",
]
JUNK += [
    "conv",
    "linear",
    "5x5",
    "[1, 2]",
    "{a: 1}",
    "[]",
    "&a [*a]",
    "*x",
    "!!binary aGk=",
    "!x y",
    "<<: {}",
    ": ",
    "]",
]
JUNK += ["|", '"', "\t", "\0", "🙂"]


@given(st.lists(st.tuples(st.integers(0, 150), st.sampled_from(JUNK)), min_size=1, max_size=3))
def test_a_broken_document_gives_a_spec_or_problems_with_a_position(changes: list[tuple[int, str]]) -> None:
    """Whichever word of the document is replaced, and by whatever, there is no traceback."""
    words = re.split(r"([\w.~]+)", TINY)
    for index, junk in changes:
        words[2 * (index % (len(words) // 2)) + 1] = junk
    reported: tuple[str, ...] = ()
    try:
        parse("".join(words))
    except SpecError as error:
        reported = error.problems
    assert all(re.match(r"tiny\.yaml:\d+:\d+: .", problem) for problem in reported)
