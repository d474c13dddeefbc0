"""The comparison of two functions, in words and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite
from typing import Any

from mbcost.analytic.network import Network
from mbcost.present.names import describe, network_text
from mbcost.questions.verify.prove import OUTPUT, Proof
from mbcost.spec.function import TOLERANCE, FunctionFacts

NOT_PROVED = "--prove compares the results of models whose layers are equal: mend the differences first"


def proof_json(proof: Proof) -> dict[str, Any]:
    """Return the comparison as JSON; a difference that is not a number is null."""
    facts = proof.facts
    return {
        "equal": proof.equal,
        "tolerance": TOLERANCE,
        "largest": _number(facts.largest),
        "images": facts.images,
        "network": describe(proof.network),
        "first": None if proof.layer is None else {
            "block": proof.block,
            "layer": proof.layer,
            "model": proof.model_layer,
            "reads": proof.source,
            "difference": _number(proof.difference),
            "causes": list(facts.causes),
        },
        "notes": list(proof.notes),
        "blocks": [{"block": block.block, "difference": _number(block.difference)} for block in proof.blocks],
    }  # fmt: skip


def function_text(proof: Proof, network: Network) -> str:
    """Return what the title says of a model that is the same function as `network`, or as a related network."""
    text = f"the same function to {_spell(TOLERANCE)}"
    return text if proof.network == network else f"{text} as {network_text(proof.network)}"


def describe_first(proof: Proof) -> str:
    """Return the first difference in words."""
    facts = proof.facts
    if proof.layer is None:
        return proof.notes[0]
    by = f"differs by {_spell(proof.difference)} times the largest value"
    if proof.layer == OUTPUT:
        subject = f"the output, after {proof.source},"
    elif facts.reads_other:
        what = "the image" if proof.source is None else f"the result of {proof.source}"
        subject = f"{what}, which {proof.layer} reads,"
    else:
        subject = f"the result of {proof.layer}, which reads the same map,"
    causes = f": {', and '.join(facts.causes)}" if facts.causes else ""
    block = "" if proof.block == OUTPUT or proof.source is None else f"block {proof.block}: "
    named = "" if proof.model_layer is None else f" (the model's {proof.model_layer})"
    return f"{block}{subject} {by}{named}{causes}"


def list_notes(proof: Proof) -> Iterator[str]:
    """Yield notes on the comparison."""
    facts = proof.facts
    yield from facts.remarks
    yield from proof.notes if proof.layer is not None else ()
    differing = [block.block for block in proof.blocks if not block.difference <= TOLERANCE]
    if differing:
        yield f"results that differ: {len(differing)} of {len(proof.blocks)}, from {differing[0]} to {differing[-1]}"
    largest = f"they differ by at most {_spell(facts.largest)} times the largest value"
    if facts.runtime:
        yield (
            f"compared: the results of all layers and of the file, in float32 by {facts.runtime} and in float64 by our "
            f"model, on {facts.images} random images, with random weights{_own_weights(facts)}; each layer of ours "
            f"reads what the file's earlier layers give; {largest}"
        )
        return
    yield (
        f"compared: the results of all layers and of the model in float64, on {facts.images} random images, with the "
        f"model's weights and with random ones; {largest}"
    )


def _own_weights(facts: FunctionFacts) -> str:
    return " and with the file's" if facts.images > 2 else ""


def _spell(value: float) -> str:
    return f"{value:.2g}" if isfinite(value) else "more than any number"


def _number(value: float) -> float | None:
    return value if isfinite(value) else None
