"""The facts of the schema are those of the modules that are generated from it."""

from __future__ import annotations

import re
from pathlib import Path

import tflite

from mbcost.files.tflite.operators import RULES
from mbcost.files.tflite.schema import ACTIVATIONS, DTYPES, FIELDS, OPERATORS, OPTIONS, OPTIONS_2, PLACEHOLDER
from mbcost.files.tflite.shape_rules import RULES as SHAPES
from mbcost.files.tflite.shape_values import RULES as VALUES
from mbcost.spec.graph import KINDS


def numbers(enumeration: type) -> dict[str, int]:
    return {name: value for name, value in vars(enumeration).items() if isinstance(value, int)}


def test_the_numbers_of_fields_are_those_of_the_schema() -> None:
    """A generated accessor names the field's position in the vtable, which has 4 bytes before the first one."""
    for kind, fields in FIELDS.items():
        text = (Path(tflite.__file__).parent / f"{kind}.py").read_text()
        accessors = re.findall(r"def (\w+)\(self(?:, j)?\):\s+o = .*?Offset\((\d+)\)\)", text)
        positions = {name: (int(offset) - 4) // 2 for name, offset in accessors}
        assert fields == {name: positions[name] for name in fields}, kind


def test_the_numbers_of_operators_options_types_and_activations_are_those_of_the_schema() -> None:
    codes = numbers(tflite.BuiltinOperator)
    assert dict(enumerate(OPERATORS)).items() >= {number: name for name, number in codes.items()}.items()
    assert OPERATORS[PLACEHOLDER] == "PLACEHOLDER_FOR_GREATER_OP_CODES"
    assert numbers(tflite.BuiltinOptions).items() >= OPTIONS.items()
    assert numbers(tflite.BuiltinOptions2).items() >= OPTIONS_2.items()
    types = {number: name.lower() for name, number in numbers(tflite.TensorType).items()}
    assert types.items() <= {number: name for number, (name, _) in DTYPES.items()}.items()
    fused = numbers(tflite.ActivationFunctionType)
    assert [name.lower() for name, _ in sorted(fused.items(), key=lambda item: item[1])] == ["none", *ACTIVATIONS[1:]]


def test_every_builtin_operator_has_a_rule() -> None:
    """CUSTOM has names of its own, and the placeholder is not an operator."""
    assert set(OPERATORS) - set(RULES) == {"CUSTOM", "PLACEHOLDER_FOR_GREATER_OP_CODES"}
    assert set(RULES) | set(SHAPES) | set(VALUES) <= set(OPERATORS)
    assert len(KINDS) > 20
