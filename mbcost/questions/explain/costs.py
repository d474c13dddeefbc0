"""What the parts of an explanation cost: `costs.yaml`, which says where these numbers come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path

from mbcost.errors import MbcostError
from mbcost.spec.reading.nodes import Reader

SECTIONS = (
    "networks", "settings", "quantities", "classes", "implementations", "roundings", "conventions", "params",
    "trained", "heads", "bytes", "activations", "counting", "mistakes", "tables",
)  # fmt: skip


@dataclass(frozen=True)
class PartCosts:
    """Costs by section and name, in hundredths of a bit."""

    origin: str
    sections: Mapping[str, Mapping[str, int]]

    def cost(self, section: str, name: str) -> int:
        """Return the cost of `name`, or that of `other` if the section does not list the name.

        Raises:
            MbcostError: the section lists neither.
        """
        costs = self.sections[section]
        if name not in costs and "other" not in costs:
            raise MbcostError(f"costs.yaml: {section} does not say what '{name}' costs")
        return costs.get(name, costs.get("other", 0))


def cost_of(section: str, name: str) -> int:
    """Return what `name` costs according to `costs.yaml`, in hundredths of a bit.

    Raises:
        MbcostError: the section lists neither the name nor `other`.
    """
    return load_costs().cost(section, name)


@cache
def load_costs() -> PartCosts:
    """Return the costs that come with mbcost.

    Raises:
        SpecError: the file is not valid.
    """
    path = Path(__file__).with_name("costs.yaml")
    return parse_costs(path.read_text(encoding="utf-8"), str(path))


def parse_costs(text: str, origin: str) -> PartCosts:
    """Parse sections of names with their costs: bits with at most two decimals in the file, whole hundredths here.

    The sum of whole numbers is the same in any order, so that equal costs are equal on every machine.

    Raises:
        SpecError: the text is not valid; the error lists every problem.
    """
    reader = Reader(text, origin)
    with reader.complete():
        values = reader.mapping(reader.root, ("origin", *SECTIONS))
        sections: dict[str, dict[str, int]] = {section: {} for section in SECTIONS}
        for section, costs in sections.items():
            for name, node in reader.mapping(reader.require(reader.root, values, section)).items():
                hundredths = Fraction(str(reader.number(node))) * 100
                if hundredths.denominator != 1:
                    reader.report(node, "a cost has at most two decimals: round it")
                costs[name] = int(hundredths)
        stated = reader.text(reader.require(reader.root, values, "origin"))
    return PartCosts(stated, sections)
