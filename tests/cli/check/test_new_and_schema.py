"""`mbcost new` writes a valid spec, and the schema of `mbcost schema` accepts everything that the reader accepts."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from jsonschema import Draft202012Validator

from mbcost.questions.check import CONTRADICTION, check_spec
from mbcost.spec.catalogue.library import NETWORKS, families, specs_folder
from mbcost.spec.implementation import EXACT
from mbcost.spec.operators import OPERATORS
from mbcost.spec.reading import flat
from mbcost.spec.reading.columns import COLUMNS
from mbcost.spec.reading.implementations import FIELDS
from mbcost.spec.reading.schema import spec_schema
from mbcost.spec.reading.table import KEYS
from tests.cli.conftest import Mbcost
from tests.tables import tables

FOLDER = Path(__file__).parents[2]
SCHEMA = spec_schema(families())
VALIDATOR = Draft202012Validator(SCHEMA)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", ["mynet", "no", "Null", "123", "1e3", "2001-01-01", "v2", "a.b-c_d"])
def test_a_new_spec_is_valid_and_fits_the_schema(mbcost: Mbcost, here: Path, name: str) -> None:
    result = mbcost("new", name)
    assert (result.code, result.out) == (0, f"wrote {name}.yaml: next, mbcost check {name}.yaml\n")
    assert mbcost("check", f"./{name}.yaml").out == "no problem in 1 file\n"
    table = json.loads(mbcost("table", f"./{name}.yaml", "--format", "json").out)
    assert (table["network"], table["totals"]["mult_adds"]) == (name, 11_849_216)
    text = (here / f"{name}.yaml").read_text()
    assert list(VALIDATOR.iter_errors(yaml.load(text, Loader=yaml.BaseLoader) | typed(text))) == []


@pytest.mark.parametrize(
    "file", ["a b.yaml", "a\nb: [.yaml", "\x1b[2J\u202e.yaml", "{x}`#'.yaml", "é.yaml", "\udcff.yaml"]
)
def test_a_file_with_any_name_is_a_valid_spec_and_its_name_is_shown_escaped(
    mbcost: Mbcost, here: Path, file: str
) -> None:
    result = mbcost("new", "mynet", "--output", file)
    assert result.code == 0
    assert result.out.startswith("wrote ")
    assert result.out.removesuffix("\n").isprintable()
    assert (here / file).exists()
    assert mbcost("check", file).out == "no problem in 1 file\n"


def typed(text: str) -> dict[str, Any]:
    """The document without the keys whose value YAML may read as a date."""
    return {key: value for key, value in yaml.safe_load(text).items() if key not in ("name", "title")}


def test_an_existing_spec_is_not_replaced_by_default(mbcost: Mbcost, here: Path) -> None:
    (here / "mynet.yaml").write_text("mine")
    result = mbcost("new", "mynet")
    assert result.code == 2
    assert result.err.startswith(
        "mbcost: error: mynet.yaml exists: choose a different name, or add --output mynet.yaml"
    )
    assert (here / "mynet.yaml").read_text() == "mine"
    assert mbcost("new", "mynet", "--output", "mynet.yaml").code == 0
    assert mbcost("check", "mynet.yaml").code == 0


@pytest.mark.parametrize("file", ["mynet.yaml", "mynet.yml"])
def test_a_name_with_an_extension_is_the_name_of_the_file(mbcost: Mbcost, here: Path, file: str) -> None:
    assert mbcost("new", file).out == f"wrote {file}: next, mbcost check {file}\n"
    assert [path.name for path in here.iterdir()] == [file]
    assert "\nname: mynet\n" in (here / file).read_text()
    assert mbcost("new", file).err.startswith(f"mbcost: error: {file} exists: ")


def test_a_spec_goes_to_standard_output_and_an_invalid_name_is_refused(mbcost: Mbcost, here: Path) -> None:
    assert "\nname: mynet\n" in mbcost("new", "mynet", "--output", "-").out
    for name in ("../up", "", "a b", "a\nb", ".hidden", ".yaml", "../up.yaml", "x" * 101):
        result = mbcost("new", name)
        assert (result.code, len(result.err.splitlines())) == (2, 1)
    assert mbcost("new", "x", "--output", "no/such/x.yaml").code == 2
    assert list(here.iterdir()) == []


def test_a_valid_json_schema_is_printed(mbcost: Mbcost) -> None:
    assert json.loads(mbcost("schema").out) == SCHEMA
    Draft202012Validator.check_schema(SCHEMA)


def test_the_schema_has_the_keys_columns_and_fields_of_the_reader() -> None:
    definitions = SCHEMA["$defs"]
    table, layers = definitions["table"]["properties"], definitions["list"]["properties"]
    assert set(table) == set(KEYS)
    assert table["columns"]["items"]["enum"] == list(COLUMNS)
    assert set(definitions["cells"]) == set(COLUMNS)
    assert definitions["cells"]["operator"]["anyOf"][0]["enum"] == list(OPERATORS)
    assert set(definitions["implementation"]["properties"]) == set(FIELDS)
    assert set(layers) == set(flat.KEYS)
    assert layers["columns"]["const"] == list(definitions["list_cells"]) == list(flat.COLUMNS)
    assert definitions["list_cells"]["operator"]["enum"] == list(flat.OPERATORS)


SPECS = [*(specs_folder() / f"{name}.yaml" for name in NETWORKS), *sorted((FOLDER / "data" / "as_printed").glob("*"))]


@pytest.mark.parametrize("path", SPECS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_built_in_spec_fits_the_schema(path: Path) -> None:
    assert [error.message for error in VALIDATOR.iter_errors(yaml.safe_load(path.read_text(encoding="utf-8")))] == []


@given(tables())
@settings(max_examples=50)
def test_a_random_valid_table_fits_the_schema(text: str) -> None:
    assert [error.message for error in VALIDATOR.iter_errors(yaml.safe_load(text))] == []


@pytest.mark.parametrize("family", families())
def test_a_family_fits_the_schema(family: str) -> None:
    spec = yaml.safe_load((specs_folder() / "v2.yaml").read_text(encoding="utf-8"))
    records = yaml.safe_load((specs_folder() / "implementations" / f"{family}.yaml").read_text(encoding="utf-8"))
    assert [error.message for error in VALIDATOR.iter_errors(spec | {"implementations": records})] == []


BROKEN = [path for path in sorted((FOLDER / "specs_invalid").glob("*.yaml")) if not path.stem.startswith("yaml_")]
"""The invalid specs that are YAML."""
BEYOND_A_SCHEMA = {
    "activation_empty", "activation_in_small_letters", "activation_unknown", "batch_norm_at_the_end", "blocks_too_many",
    "dense_before_the_pool", "expansion_missing", "implementation_part_in_two_lists", "linear_after_a_flatten",
    "expansion_of_a_conv", "expansion_too_large",
    "expansion_twice", "family_member_unknown", "implementation_incomplete", "kernel_in_two_places", "kernel_zero",
    "groups_of_a_conv", "key_twice", "linear_before_the_pool", "list_groups", "list_linear_kernel", "list_linear_map",
    "list_linear_stride", "list_names", "map_empty", "printed_input_zero", "squeeze_of_a_conv",
    "squeeze_on", "stride_of_a_pool", "width_missing", "width_of_classes", "width_in_base_sixty",
    "width_octal", "width_with_a_point", "name_of_two_lines", "name_with_an_escape",
}  # fmt: skip
"""Rules between cells or rows, and differences that YAML readers hide; only `mbcost check` reports them."""


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_the_schema_refuses_an_invalid_spec_unless_the_rule_is_beyond_a_schema(path: Path) -> None:
    document = yaml.safe_load(path.read_text(encoding="utf-8").replace("? [a, b]\n", "? ~\n"))
    assert bool(list(VALIDATOR.iter_errors(document))) == (path.stem not in BEYOND_A_SCHEMA)


CELLS = ["~", "0", "'0'", "1", "3", "'3'", "3x5", "0x3", "'3x5'", "3x5x7", "-1", "1.5", "true", "'true'", "no", "RE",
         "'RE'", "k", "'k'", "[1]", "{}", "''", "'conv'", "conv 5x3", str(EXACT), str(EXACT + 1)]  # fmt: skip
FITTING: dict[str, dict[str, Any]] = {
    "a": {"operator": "universal_bottleneck", "k": 3, "t": 4, "c": 8},
    "k": {"operator": "universal_bottleneck", "a": 3, "t": 4, "c": 8},
    "exp": {"operator": "bottleneck", "c": 8},
    **{column: {"operator": "bottleneck", "t": 6, "c": 8} for column in ("t", "se", "res")},
    **{
        column: {"operator": "conv", "c": 8, "nl": "RE"} for column in ("operator", "c", "g", "d", "nl", "n", "s", "in")
    },
}
"""Column -> a row in which its cell can have every value that the column accepts."""
LAYER = dict(zip(flat.COLUMNS, ["a", "conv", "32x32x3", "32x32x3", "3x3", "1", "1", "1", "true", "3"], strict=True))


def of_one_row(key: str, columns: Collection[str], row: dict[str, Any]) -> str:
    cells = ", ".join(str(row.get(column, "~")) for column in columns)
    return f"name: x\ninput: {{channels: 3, resolution: 32}}\ncolumns: [{', '.join(columns)}]\n{key}:\n  - [{cells}]\n"


@pytest.mark.parametrize("column", COLUMNS)
def test_the_schema_accepts_every_cell_of_a_table_that_check_accepts(column: str) -> None:
    rows = [of_one_row("rows", COLUMNS, FITTING[column] | {column: cell}) for cell in CELLS]
    assert {accepted(f"{text}implementations: {{family: v2}}\n") for text in rows} == {True, False}


@pytest.mark.parametrize("column", flat.COLUMNS)
def test_the_schema_accepts_every_cell_of_a_list_that_check_accepts(column: str) -> None:
    texts = [of_one_row("layers", flat.COLUMNS, LAYER | {column: cell}) for cell in [LAYER[column], *CELLS]]
    assert {accepted(text) for text in texts} == {True, False}


def accepted(text: str) -> bool:
    """Return whether check finds nothing invalid; then the schema must not refuse the text either."""
    is_valid = all(finding.kind == CONTRADICTION for finding in check_spec(text, "x"))
    assert not is_valid or [error.message for error in VALIDATOR.iter_errors(yaml.safe_load(text))] == []
    return is_valid
