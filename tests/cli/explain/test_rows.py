"""`--rows`: a table of printed numbers, and the messages about a wrong one."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from mbcost.errors import MbcostError, SpecError
from mbcost.questions.explain.query import Claim
from mbcost.questions.explain.rows import parse_rows, read_rows
from tests.cli.conftest import Mbcost

FORM = "write it as it is printed, such as 314M, 3.471M, 601548544, '>430M', '0.57 GFLOPs' or 12.9MB"

QUOTE = "remove cells, or put a cell with {} in it in quotation marks"


def problems(text: str) -> list[str]:
    with pytest.raises(SpecError) as caught:
        parse_rows(text, "table.csv")
    return list(caught.value.problems)


def claims(networks: list[tuple[str | None, list[Claim]]]) -> list[tuple[str | None, list[tuple[object, ...]]]]:
    """Return the networks with their claims, and numbers as text."""
    return [
        (net, [(c.row, c.alpha, c.resolution, *((name, number.text) for name, number in c.numbers)) for c in claims])
        for net, claims in networks
    ]


def test_rows_of_one_network_come_together_in_their_order() -> None:
    text = (
        "net,alpha,resolution,mult_adds,params\n"
        "v2,1,224,300M,3.4M\n"
        "v1@0.5,,160x128,76M,\n"
        "\n"
        ',1.4,,,"6,108,776"\n'
        ' v2 , 0.35 ,, 59M ,""\n'
    )
    assert claims(parse_rows(text, "table.csv")) == [
        (
            "v2",
            [(1, 1.0, (224, 224), ("mult_adds", "300M"), ("params", "3.4M")), (4, 0.35, None, ("mult_adds", "59M"))],
        ),
        ("v1@0.5", [(2, None, (160, 128), ("mult_adds", "76M"))]),
        (None, [(3, 1.4, None, ("params", "6,108,776"))]),
    ]


def test_an_alias_does_not_divide_the_rows_of_a_network() -> None:
    text = "net,mult_adds\nv2@1,300M\nMobileNetV2@1,314M\nmobilenet_v2@1/192,221M\n"
    assert claims(parse_rows(text, "table.csv")) == [
        ("v2@1", [(1, None, None, ("mult_adds", "300M")), (2, None, None, ("mult_adds", "314M"))]),
        ("v2@1/192", [(3, None, None, ("mult_adds", "221M"))]),
    ]


def test_columns_come_in_any_order_and_rows_may_be_short() -> None:
    text = "params,net,alpha\r\n3.4M,v2\r\n6.06M,v2,1.4\r\n"
    assert claims(parse_rows(text, "table.csv")) == [
        ("v2", [(1, None, None, ("params", "3.4M")), (2, 1.4, None, ("params", "6.06M"))])
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ["1:1: expected a header and 1 to 10,000 rows, found 0 lines"]),
        ("\n , \n", ["1:1: expected a header and 1 to 10,000 rows, found 0 lines"]),
        ("net,params\n" + 10_001 * "v2,3M\n", ["1:1: expected a header and 1 to 10,000 rows, found 10002 lines"]),
        ("net,params\n", ["1:1: there are no rows below the header: add at least one"]),
        ("parms,net\n3M,v2\n", ["1:1: unknown column 'parms': did you mean 'params'?"]),
        (
            "speed,params\n1,3M\n",
            ["1:1: unknown column 'speed': choose from network, alpha, resolution, mult_adds, params"],
        ),
        ("net,params\nv2\n", ["2:1: the row has no number: fill mult_adds or params"]),
        ("net,params\nv2,\n", ["2:1: the row has no number: fill mult_adds or params"]),
        ("net,params\nv2,3M,4M\n", [f"2:7: the row has 3 cells, but the header has 2: {QUOTE.format('commas')}"]),
        (
            "network mult-adds\nv2 300M\n",
            ["1:1: the header is one cell, 'network mult-adds': separate the cells with commas, semicolons or tabs"],
        ),
        (
            "net,alpha,params\nv2,3.4M\n",
            [
                "2:4: alpha is '3.4M': it must be a number such as 0.75 (the row has 2 cells, but the header has 3; an "
                "empty cell is open)"
            ],
        ),
        ("net,params\n\n\nv2,banana\n", [f"4:4: 'banana' is not a number: {FORM}"]),
        ("net,params\nv2,0\n", [f"2:4: '0' is not positive: {FORM}"]),
        (
            "alpha,resolution,mult_adds\nhalf,224x,3 parsecs\n1,0,1e400\n",
            [
                "2:1: alpha is 'half': it must be a number such as 0.75",
                "2:6: resolution is '224x': write a size in pixels, N or HEIGHTxWIDTH, such as 160 or 160x224",
                f"2:11: '3 parsecs' has the unknown unit 'parsecs': {FORM}",
                "3:3: resolution is '0': it must be at least 1",
                f"3:5: '1e400' is larger than the cost of any network: {FORM}",
            ],
        ),
    ],
)
def test_every_problem_is_reported_with_its_position(text: str, expected: list[str]) -> None:
    assert problems(text) == [f"table.csv:{problem}" for problem in expected]


@pytest.mark.parametrize(
    ("text", "positions"),
    [
        ("net,alfa,parms\nv2,1,3M\n", ["1:5", "1:10"]),
        ("mult_adds,params\nx,x\n", ["2:1", "2:3"]),
        ('"net","params"\n"v2","x"\n', ["2:6"]),
        ("net,params\n v2 ,x\n", ["2:6"]),
        ("net,net,params\nv1,v2,3M\n", ["1:5"]),
        ('net,params\nv2,"3\n4"\n', ["2:4"]),
        ("net,alpha,params\nv2,0,3M\nv2,nan,3M\n", ["2:4", "3:4"]),
        ("net,params\nv9,3M\n", ["2:1"]),
        ("net,params\nv2@half,3M\n", ["2:1"]),
        ("net,params\nv2,12.9MB\n", ["2:4"]),
    ],
)
def test_the_position_of_a_problem_is_that_of_its_cell(
    mbcost: Mbcost, tmp_path: Path, text: str, positions: list[str]
) -> None:
    path = tmp_path / "table.csv"
    path.write_text(text)
    result = mbcost("explain", "--rows", str(path))
    assert result.code == 2
    lines = [line.removeprefix("mbcost: error: ") for line in result.err.splitlines()]
    assert [line[len(f"{path}:") :].split(": ")[0] for line in lines] == positions


def test_a_file_that_is_not_csv_or_cannot_be_read_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (problem,) = problems("net,params\nv2," + "3" * 200_000)
    assert problem.startswith("table.csv:2:1: not CSV: field larger than field limit")
    path = tmp_path / "table.csv"
    path.write_bytes(b"net,params\nv2,\xff\n")
    with pytest.raises(MbcostError, match=r"table\.csv:2:4: not UTF-8 text \(byte 14\): save the file as UTF-8$"):
        read_rows(str(path))
    with pytest.raises(MbcostError, match=r"nowhere\.csv: No such file or directory$"):
        read_rows(str(tmp_path / "nowhere.csv"))
    with pytest.raises(MbcostError, match=r": Is a directory: name a file in it$"):
        read_rows(str(tmp_path))
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"net,parms\nv2,3M\n"), encoding="utf-8"))
    with pytest.raises(SpecError, match=r"^<stdin>:1:\d: unknown column 'parms': did you mean 'params'\?$"):
        read_rows("-")


def test_a_file_and_standard_input_are_read_alike(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    content = b"\xef\xbb\xbfnet,params\r\nv2,3.4M\r\n"  # with the byte order mark that spreadsheets write
    path = tmp_path / "table.csv"
    path.write_bytes(content)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content), encoding="utf-8"))
    assert read_rows(str(path)) == read_rows("-")
    assert claims(read_rows(str(path))) == [("v2", [(1, None, None, ("params", "3.4M"))])]
