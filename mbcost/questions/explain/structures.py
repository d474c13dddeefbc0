"""Every network that a number can be about: implementations, classes, known mistakes and left-out parts, as arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from mbcost.questions.explain.costs import cost_of
from mbcost.questions.mistakes.draft import Draft
from mbcost.questions.mistakes.known import find_mistake
from mbcost.spec.head import Head, Part, replace_head
from mbcost.spec.table import CLASSES, Spec

USUAL_CLASSES = (CLASSES, CLASSES + 1)
"""ImageNet's classes, and TF-slim's with the background."""
FEW_CLASSES = 20
"""Most people train for at most so many classes."""
OTHER_CLASSES = (1, 2, 3, 5, 10, 21, 91, 100, 101, 102, 120, 200)
"""Numbers of classes of data sets to which such networks are often fitted."""

COMMON = (
    "one input channel", "t=1 expansion", "biases left out", "biases everywhere", "groups ignored",
    "no norm after depthwise", "no squeeze", "no head", "stem for small images",
)  # fmt: skip
"""Common mistakes: a number of many digits is also tried with two of them, or with one and other classes."""
RARE = 400
"""An implementation that costs at least this, in hundredths of a bit, does not make a published figure exact."""
PAIR_DIGITS = 6
"""A number of so many digits can tell two mistakes."""
COMMON_WIDTHS = (8, 10, 16, 32, 64, 100, 128, 200, 256, 300, 400, 500, 512, 600, 800, 1000, 1024, 1280, 2048, 4096)
"""Usual widths of a fully connected layer before the classifier."""


@dataclass(frozen=True)
class Miscount:
    """A mistake of counting: some rows are left out, or counted once more."""

    text: str
    """A clause that says it."""
    roles: tuple[str, ...]
    """The roles of the rows."""
    times: int
    """How many times more the rows are counted: -1 if they are left out."""


LEFT_OUT: Mapping[str, Miscount] = {
    "stem left out": Miscount("the stem is left out", ("stem",), -1),
    "last convolution left out": Miscount("the last convolution is left out", ("last_conv",), -1),
    "head left out": Miscount("the head is left out", ("head",), -1),
    "classifier left out": Miscount("the classifier is left out", ("classifier",), -1),
    "top left out": Miscount("head and classifier are left out", ("head", "classifier"), -1),
    "last convolution and top left out": Miscount(
        "the last convolution and everything after it are left out", ("last_conv", "head", "classifier"), -1
    ),
    "classifier counted twice": Miscount("the classifier is counted twice", ("classifier",), 1),
}
"""Mistakes of counting by name."""
CLASSIFIER = ".classifier"
"""The end of the name of the classifier's layer."""
ONE_QUANTITY = {"mult_adds": ", in mult-adds only", "params": ", in params only"}
"""What follows the name of a mistake of counting that only one quantity has."""


@dataclass(frozen=True)
class Structure:
    """A way to build and count a network, as the names of its parts."""

    implementation: str
    classes: int
    mistakes: tuple[str, ...] = ()
    """Names of `MISTAKES`, in the order in which they are made."""
    left_out: str | None = None
    """A name of `LEFT_OUT`."""
    only: str | None = None
    """The quantity that `left_out` is about; None if it is about both."""
    other_classes: bool = False
    """Whether the number of classes differs from the claimed one."""
    trained_from: str | None = None
    """The first layer that is trained, such as `16.1.project`, or its norm; None if all layers are trained."""
    head: tuple[Part, ...] | None = None
    """The parts before the classifier of a head that replaces the table's own; None for the table's own."""

    @cached_property
    def departures(self) -> tuple[str, ...]:
        """The names of its mistakes and left-out parts."""
        head = None if self.head is None else "another head"
        trained = None if self.trained_from is None else f"trained from {self.trained_from}"
        return self._list((*self.mistakes, *filter(None, [head])), self.left_out, trained, "other classes")

    @property
    def is_pair(self) -> bool:
        """Whether the network has two common mistakes, or one and a number of classes that was solved."""
        return len(self.mistakes) > 0 and self.left_out is None and set(self.mistakes) <= set(COMMON)

    def clauses(self, spec: Spec) -> tuple[str, ...]:
        """Return one clause per departure."""
        mistakes = tuple(find_mistake(name, spec).text for name in self.mistakes)
        left_out = None if self.left_out is None else LEFT_OUT[self.left_out].text
        if self.head is not None:
            mistakes += (f"the head is {Head((*self.head, self.classes))}",)
        trained = None if self.trained_from is None else _describe_training(self.trained_from)
        if self.head is not None and self.trained_from is not None:
            trained = "only the head is trained"
        return self._list(mistakes, left_out, trained, f"there are {self.classes} classes")

    def _list(
        self, mistakes: tuple[str, ...], left_out: str | None, trained: str | None, classes: str
    ) -> tuple[str, ...]:
        scope = ONE_QUANTITY.get(self.only or "", "")
        return (
            *mistakes,
            *([] if left_out is None else [left_out + scope]),
            *([] if trained is None else [trained]),
            *([classes] if self.other_classes else []),
        )

    def cost(self, spec: Spec, choices: Choices) -> int:
        """Return the cost of what `choices` leave open, in hundredths of a bit."""
        names = [find_mistake(name, spec).cost or name for name in self.mistakes]
        costs = [cost_of("mistakes", name) for name in (*names, *filter(None, [self.left_out]))]
        second = cost_of("mistakes", "common second" if self.is_pair else "second")
        costs += [second] * max(0, len(costs) - 1)
        if self.only is not None and LEFT_OUT[self.left_out or ""].times < 0:
            costs.append(cost_of("mistakes", "of one quantity only"))
        if choices.implementation is None:
            costs.append(cost_of("implementations", self.implementation))
        if self.trained_from is not None:
            only = self.trained_from.endswith(CLASSIFIER)
            costs.append(cost_of("trained", "classifier" if only else "from a layer"))
        if self.head is not None:
            costs.append(head_cost(self.head))
        return sum(costs) + class_cost(self.classes, choices)

    def draft(self, spec: Spec) -> Draft:
        """Return the draft of the network, with its mistakes."""
        if self.head is not None:
            spec = replace_head(spec, Head((*self.head, self.classes)))
        draft = Draft(spec, spec.implementation(self.implementation))
        for name in self.mistakes:
            draft = find_mistake(name, spec).make(draft)
        return draft


def _describe_training(first: str) -> str:
    return "only the classifier is trained" if first.endswith(CLASSIFIER) else f"layers before {first} are frozen"


@dataclass(frozen=True)
class Choices:
    """What is given of a network, and what is tried; None is open."""

    implementation: str | None = None
    classes: int | None = None
    in_channels: int | None = None
    mistakes: int = 1
    """How many mistakes a network has at most."""
    pairs: bool = False
    """Whether it can have two of `COMMON` all the same."""
    rare: bool = True
    """Whether to try implementations that few people use."""
    force: bool = False
    """Whether the search may need more memory than `arrays.MEMORY`."""

    def keep(self, structure: Structure) -> Structure | None:
        """Return the structure, named as these choices require; None if they rule it out."""
        if not self.rare and cost_of("implementations", structure.implementation) >= RARE:
            return None
        most = 2 if self.pairs and structure.is_pair else self.mistakes
        if self.implementation not in (None, structure.implementation) or len(structure.departures) > most:
            return None
        if self.classes in (None, structure.classes):
            return structure
        # A number of classes that differs from the claimed one is a mistake like others.
        usual = structure.classes in USUAL_CLASSES and not structure.departures and self.mistakes > 0
        return replace(structure, other_classes=True) if usual else None


def head_cost(parts: tuple[Part, ...]) -> int:
    """Return the cost of a head, in hundredths of a bit."""
    names = ["replaced"]
    before: int | None = None
    for part in parts:
        if not isinstance(part, int):
            names.append(part)
        elif part == before:
            names.append("repeated width")
        else:
            names += ["common width" if part in COMMON_WIDTHS else "width", *(["second width"] if before else [])]
        before = part if isinstance(part, int) else before
    return sum(cost_of("heads", name) for name in names)


def class_cost(classes: int, choices: Choices) -> int:
    """Return the cost of a number of classes, in hundredths of a bit; it is higher if a different one is claimed."""
    if classes == choices.classes:
        return 0
    if classes in (*USUAL_CLASSES, *OTHER_CLASSES):
        name = str(classes)
    else:
        name = "few" if classes <= FEW_CLASSES else "other" if classes <= CLASSES else "many"
    claimed = 0 if choices.classes is None else cost_of("classes", "not as claimed")
    return cost_of("classes", name) + claimed


def role_of(spec: Spec, stage: int) -> str | None:
    """Return the role of a row as `Miscount.roles` has it: its role in the spec, or `classifier`."""
    return "classifier" if spec.rows[stage].c == "k" else spec.role(stage)
