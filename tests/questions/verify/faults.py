"""Models with one to three faults: rows of a table that are changed before it is built, and changed modules."""

from __future__ import annotations

import random
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import nn

from mbcost.analytic.network import resolve
from mbcost.measured.build import build
from mbcost.measured.own import trace_model
from mbcost.questions.verify.identify import NetworkMatch
from mbcost.questions.verify.verify import verify_model
from mbcost.spec.catalogue.library import load_spec
from mbcost.spec.table import Row, Spec

SIDE = 128
NETWORKS = ("v1", "v2", "v3-large", "v3-small", "mnasnet-1.0", "efficientnet-b0", "resnet-50")


@dataclass(frozen=True)
class Fault:
    """A change of a table, or else of the model that is built from it, and how a clause names it."""

    subjects: str
    """A pattern of one of the subjects that the clause can have."""
    words: str
    """A pattern of what the clause says of the subject."""
    in_table: Callable[[Spec], Spec] = lambda spec: spec
    in_model: Callable[[nn.Module], object] = lambda _: None
    subject: str = ""
    """The row or the layers; two faults of one model have different ones."""

    def is_named_by(self, clause: str) -> bool:
        """Return whether the clause says this of the subject, alone or in a list of subjects."""
        lists = re.sub(r"(row|block|blocks|every) ", r"\1_", clause)
        subject, _, words = lists.partition(" has ") if " has " in lists else lists.partition(" have ")
        if not words:
            subject, _, words = lists.partition(" is ") if " is " in lists else lists.partition(" are ")
        names = re.split(r", | and ", subject)
        kind = names[0].partition("_")[0] + "_" if names[0].startswith("blocks_") else ""
        names = [name if name.startswith(kind) else kind + name for name in names]
        own = [name.replace("blocks_", "block ").replace("_", " ") for name in names]
        return bool(re.fullmatch(self.words, words)) and any(re.fullmatch(self.subjects, name) for name in own)


def change_row(stage: int, **cells: object) -> Callable[[Spec], Spec]:
    def change(spec: Spec) -> Spec:
        rows = tuple(replace(row, **cells) if row.stage == stage else row for row in spec.rows)  # type: ignore[arg-type]
        return replace(spec, rows=rows)

    return change


def explain(net: str, faults: Sequence[Fault]) -> NetworkMatch | None:
    """Return the explanation of a model of `net` with the faults; its tensors have shapes and no values."""
    spec = load_spec(net)
    implementation = choose_implementation(spec)
    faulty = spec
    for fault in faults:
        faulty = fault.in_table(faulty)
    with torch.device("meta"):
        model = build(faulty, implementation=implementation)
        for fault in faults:
            fault.in_model(model)
    traced = trace_model(model, "mine", (SIDE, SIDE), 3)
    answer = verify_model(resolve(spec, resolution=SIDE, implementation=implementation), traced)
    assert not answer.equal, "the faults show"
    return answer.explanation


def choose_implementation(spec: Spec) -> str:
    return "torchvision" if "torchvision" in spec.implementations else "timm"


def is_named_in_full(explanation: NetworkMatch | None, faults: Sequence[Fault]) -> bool:
    """Return whether the explanation is complete, names every fault, and names nothing else."""
    if explanation is None or not explanation.exact or len(explanation.clauses) > len(faults):
        return False
    clauses = explanation.clauses
    return all(any(fault.is_named_by(clause) for clause in clauses) for fault in faults) and all(
        any(fault.is_named_by(clause) for fault in faults) for clause in clauses
    )


# Single faults, drawn at random from what a table has.


def draw_faults(net: str, draw: random.Random, kinds: Sequence[str], number: int) -> list[Fault]:
    """Return `number` faults of different subjects."""
    faults: list[Fault] = []
    while len(faults) < number:
        kind = draw.choice(kinds)
        options = list(KINDS[kind](load_spec(net), draw))
        fault = draw.choice(options) if options else None
        if fault is not None and fault.subject not in {other.subject for other in faults}:
            faults.append(fault)
    return faults


def _rows(spec: Spec, *operators: str) -> Iterator[Row]:
    for row in spec.rows:
        if row.operator in operators:
            yield row


BLOCKS = ("separable", "bottleneck", "residual")


def _in_row(row: Row, text: str, **cells: object) -> Fault:
    subjects = rf"row {row.stage}|block {row.stage}\.1"
    return Fault(subjects, text, change_row(row.stage, **cells), subject=f"row {row.stage}")


def widths(spec: Spec, draw: random.Random) -> Iterator[Fault]:
    for row in _rows(spec, *BLOCKS):
        if isinstance(row.c, int) and not (row.operator == "residual" and row.stage < 3):
            width = row.c + 8 * draw.choice((-2, -1, 1, 2, 4))
            if width > 0:
                yield _in_row(row, f"{width} (output )?channels", c=width)


def stems(spec: Spec, draw: random.Random) -> Iterator[Fault]:
    width = int(spec.rows[0].c or 0) + 8 * draw.choice((-1, 1, 2))
    if spec.name != "resnet-50":
        yield _in_row(spec.rows[0], f"{width} channels", c=width)


def heads(spec: Spec, draw: random.Random) -> Iterator[Fault]:
    for row in spec.rows:
        if spec.role(row.stage) in ("head", "last_conv") and isinstance(row.c, int):
            width = row.c + draw.choice((-256, -128, -64, 64, 128, 256))
            role = spec.implementation(choose_implementation(spec)).width_from_input
            if spec.role(row.stage) not in role and width > 0:
                yield _in_row(row, f"{width} (output )?channels", c=width)


def inner_widths(spec: Spec, draw: random.Random) -> Iterator[Fault]:
    for row in _rows(spec, "bottleneck"):
        if row.t is not None and row.t > 1:
            t = draw.choice([t for t in (2, 3, 4, 5, 6, 8) if t != row.t])
            yield _in_row(row, f"(t {t}|an expanded width of .*)", t=t)
        elif row.exp is not None and row.stage > 1:
            width = row.exp + 8 * draw.choice((-2, -1, 1, 2, 3))
            yield _in_row(row, f"(exp {width}|an expanded width of {width})", exp=width)


def kernels(spec: Spec, draw: random.Random) -> Iterator[Fault]:
    for row in _rows(spec, "bottleneck", "separable"):
        side = draw.choice([side for side in (3, 5, 7) if (side, side) != row.kernel])
        yield _in_row(row, f"kernel {side}x{side}", k=(side, side))


def strides(spec: Spec, _: random.Random) -> Iterator[Fault]:
    for row in _rows(spec, *BLOCKS):
        if row.stride == 2 or row.stage < 5:
            stride = 3 - row.stride
            yield _in_row(row, f"stride {stride}", s=stride)


def repeats(spec: Spec, draw: random.Random) -> Iterator[Fault]:
    for row in _rows(spec, *BLOCKS):
        number = row.repeats + draw.choice((-1, 1))
        if number > 0:
            yield _in_row(row, f"{number} repeats", n=number)


def squeezes(spec: Spec, _: random.Random) -> Iterator[Fault]:
    if any(row.se for row in spec.rows):
        for row in _rows(spec, "bottleneck"):
            text = "no squeeze-and-excite" if row.se else "squeeze-and-excite"
            yield _in_row(row, text, se=not row.se)


# Faults of modules.


def _modules(spec: Spec, *parts: str) -> list[str]:
    network = resolve(spec, resolution=SIDE, implementation=choose_implementation(spec))
    return [step.name for step in network.steps if step.part in parts]


def _set(name: str, child: str, make: Callable[[Any], nn.Module]) -> Callable[[nn.Module], object]:
    def change(model: nn.Module) -> None:
        unit = model.get_submodule(name)
        unit.add_module(child, make(getattr(unit, child)))

    return change


def _conv_like(conv: Any, **others: Any) -> nn.Module:
    settings: dict[str, Any] = {
        "kernel_size": conv.kernel_size, "stride": conv.stride, "padding": conv.padding, "dilation": conv.dilation,
        "groups": conv.groups, "bias": conv.bias is not None, **others,
    }  # fmt: skip
    return nn.Conv2d(conv.in_channels, conv.out_channels, **settings)


def _other_kernel(side: int) -> Callable[[Any], nn.Module]:
    return lambda conv: _conv_like(conv, kernel_size=side, padding=side // 2)


def _subjects_of(row: Row, layer: str) -> str:
    """Return the pattern of a layer and its block, and of its row if the row is one block."""
    names = [layer, f"block {layer.rpartition('.')[0]}", *([f"row {row.stage}"] if row.repeats == 1 else [])]
    return "|".join(map(re.escape, names))


ALL = ("conv", "depthwise", "pointwise", "expand", "project", "reduce", "restore", "shortcut")


def layer_norms(spec: Spec, _: random.Random) -> Iterator[Fault]:
    for name in _modules(spec, *ALL):
        yield Fault(re.escape(name), "no norm", in_model=_set(name, "norm", lambda _: nn.Identity()), subject=name)


def part_norms(spec: Spec, _: random.Random) -> Iterator[Fault]:
    for part in ("depthwise", "pointwise", "project", "expand", "restore"):
        names = _modules(spec, part)
        if len(names) > 1:

            def change(model: nn.Module, part: str = part) -> None:
                for name, module in list(model.named_modules()):
                    if name.split(".", 2)[2:] == [part]:
                        module.add_module("norm", nn.Identity())

            subjects = f"every {part} layer|depthwise convolutions"
            yield Fault(subjects, "no norm", in_model=change, subject=part)


def biases(spec: Spec, _: random.Random) -> Iterator[Fault]:
    for name in _modules(spec, *ALL):
        add = _set(name, "conv", lambda conv: _conv_like(conv, bias=True))
        yield Fault(re.escape(name), "a bias", in_model=add, subject=name)


def groups(spec: Spec, _: random.Random) -> Iterator[Fault]:
    for name in _modules(spec, "depthwise"):
        change = _set(name, "conv", lambda conv: _conv_like(conv, groups=1))
        yield Fault(re.escape(name), "dense", in_model=change, subject=name)


def block_kernels(spec: Spec, draw: random.Random) -> Iterator[Fault]:
    for name in _modules(spec, "depthwise"):
        row = spec.rows[int(name.split(".")[0])]
        side = draw.choice([side for side in (3, 5, 7) if (side, side) != row.kernel])
        change = _set(name, "conv", _other_kernel(side))
        yield Fault(_subjects_of(row, name), f"kernel {side}x{side}", in_model=change, subject=f"row {row.stage}")


def block_squeezes(spec: Spec, _: random.Random) -> Iterator[Fault]:
    for name in _modules(spec, "se.reduce"):
        block = name.split(".se")[0]
        stage = int(name.split(".")[0])
        yield Fault(
            _subjects_of(spec.rows[stage], f"{block}.se"),
            "no squeeze-and-excite",
            in_model=lambda model, block=block: delattr(model.get_submodule(block), "se"),  # type: ignore[misc]
            subject=f"row {stage}",
        )


def dilations(spec: Spec, _: random.Random) -> Iterator[Fault]:
    for name in _modules(spec, "depthwise"):
        row = spec.rows[int(name.split(".")[0])]
        side = row.kernel[0]
        change = _set(name, "conv", lambda conv, side=side: _conv_like(conv, dilation=2, padding=side - 1))  # type: ignore[misc]
        words = f"dilation 2|kernel {side}x{side} and dilation 2"
        yield Fault(_subjects_of(row, name), words, in_model=change, subject=f"row {row.stage}")


KINDS: Mapping[str, Callable[[Spec, random.Random], Iterator[Fault]]] = {
    "width": widths,
    "stem": stems,
    "head": heads,
    "inner width": inner_widths,
    "kernel": kernels,
    "stride": strides,
    "repeats": repeats,
    "squeeze": squeezes,
    "norm of a layer": layer_norms,
    "norm of a part": part_norms,
    "bias": biases,
    "groups": groups,
    "kernel of a block": block_kernels,
    "squeeze of a block": block_squeezes,
    "dilation": dilations,
}


def main(seed: int, models: int) -> None:
    """Print how many of the models that a seed draws are named in full, and those that are not."""
    draw, named = random.Random(seed), 0
    for index in range(models):
        net = NETWORKS[index % len(NETWORKS)]
        faults = draw_faults(net, draw, list(KINDS), 1 + index % 3)
        explanation = explain(net, faults)
        if is_named_in_full(explanation, faults):
            named += 1
        else:
            print(net, [(fault.subjects, fault.words) for fault in faults], explanation and explanation.clauses)
    print(f"{named} of {models} are named in full")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
