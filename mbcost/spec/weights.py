"""What the parts of an explanation cost: `specs/explanation.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from mbcost.errors import MbcostError
from mbcost.spec.library import specs_folder
from mbcost.spec.nodes import Reader

SECTIONS = (
    "networks", "settings", "quantities", "classes", "implementations", "roundings", "conventions", "by_tool", "params",
    "bytes", "activations", "counting", "mistakes", "tables",
)  # fmt: skip


@dataclass(frozen=True)
class Weights:
    """Bits by section and name."""

    origin: str
    sections: Mapping[str, Mapping[str, float]]

    def bits(self, section: str, name: str) -> float:
        """What `name` costs; where it is not listed, what the section says of others.

        Raises:
            MbcostError: the section lists neither.
        """
        costs = self.sections[section]
        if name not in costs and "other" not in costs:
            raise MbcostError(f"explanation.yaml: {section} does not say what '{name}' costs")
        return costs.get(name, costs.get("other", 0.0))


@cache
def load_weights() -> Weights:
    """The weights that come with mbcost.

    Raises:
        SpecError: the file is not valid.
    """
    path = specs_folder() / "explanation.yaml"
    return parse_weights(path.read_text(encoding="utf-8"), str(path))


def parse_weights(text: str, origin: str) -> Weights:
    """Sections of names with their bits.

    Raises:
        SpecError: with every problem that was found.
    """
    reader = Reader(text, origin)
    with reader.complete():
        values = reader.mapping(reader.root, ("origin", *SECTIONS))
        sections = {
            section: {
                name: float(reader.number(node))
                for name, node in reader.mapping(reader.require(reader.root, values, section)).items()
            }
            for section in SECTIONS
        }
        stated = reader.text(reader.require(reader.root, values, "origin"))
    return Weights(stated, sections)
