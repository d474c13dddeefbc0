"""The messages of nodes: the value of a `Constant`, and the attributes and inputs of a node in a function."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mbcost.files.onnx.nodes import Node
from mbcost.files.onnx.weights import Store, Weight


def read_constant(node: Node, store: Store) -> Weight | None:
    """Return the value of a `Constant` as a stored constant, None if it has none.

    Raises:
        MbcostError: its values do not fit its shape.
    """
    from onnx import helper

    for name, item in node.attributes.items():
        if name == "value":
            return store.read(item.t, node.makes[0] if node.makes else node.name)
        if name == "sparse_value":
            return store.read_sparse(item.sparse_tensor, node.name)
        if name in SIMPLE:
            code, part = SIMPLE[name]
            values = getattr(item, part)
            shape = (len(values),) if name.endswith("s") else ()
            proto = helper.make_tensor("", code, shape, values if shape else [values])
            return store.read(proto, node.name)
    return None


SIMPLE: Mapping[str, tuple[int, str]] = {
    "value_float": (1, "f"),
    "value_floats": (1, "floats"),
    "value_int": (7, "i"),
    "value_ints": (7, "ints"),
    "value_string": (8, "s"),
    "value_strings": (8, "strings"),
}
"""The other attributes of `Constant`: the type, and the part of the attribute that has the values."""


def replace_references(proto: Any, attributes: Mapping[str, Any]) -> Any:
    """Return a node of a function with the attributes that the call states."""
    if not any(item.ref_attr_name for item in proto.attribute):
        return proto
    changed = type(proto)()
    changed.CopyFrom(proto)
    del changed.attribute[:]
    for item in proto.attribute:
        if not item.ref_attr_name:
            changed.attribute.append(item)
        elif item.ref_attr_name in attributes:
            stated = changed.attribute.add()
            stated.CopyFrom(attributes[item.ref_attr_name])
            stated.name = item.name
    return changed


def drop_absent(proto: Any, absent: set[str]) -> Any:
    """Return a node of a function without the inputs that the call leaves out."""
    if absent.isdisjoint(proto.input):
        return proto
    changed = type(proto)()
    changed.CopyFrom(proto)
    changed.input[:] = ["" if name in absent else name for name in proto.input]
    return changed
