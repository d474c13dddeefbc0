"""How well latencies are predicted that were not seen: every figure of docs/latency-model.md, from the stored devices.

Run it as `python -m benchmarks.latency`. It takes about a minute.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mbcost.analytic.network import Network
from mbcost.questions.latency.calibrate import Calibration, calibrate
from mbcost.questions.latency.design import plan_measurements
from mbcost.questions.latency.estimate import estimate_latency
from mbcost.questions.latency.measured import ResolvedDevice, resolve_measured
from mbcost.questions.latency.outliers import find_outliers
from mbcost.questions.latency.priors import choose_prior
from mbcost.questions.latency.rates import Sample
from mbcost.spec.catalogue.measured import list_devices, load_measured_device

PHONES_AND_BOARDS = (
    "pixel1-tflite", "pixel2-tflite", "pixel2-tflite-uint8", "pixel2-tensorflow", "pixel3-tflite-4t", "sd855-paddle-1t",
    "sd855-paddle-2t", "stm32h747-cubeai",
)  # fmt: skip
"""Processors that run one layer after the other."""
ACCELERATORS = ("pixel3-nnapi-uint8", "stm32n6")
SERVERS = ("epyc-onnxruntime", "epyc-torch")
V1_TO_V3 = ("v1", "v2", "v3-large", "v3-small", "v3-large-minimalistic", "v3-small-minimalistic")


@dataclass(frozen=True)
class Unseen:
    """Predictions for networks that a calibration has not seen."""

    errors: NDArray[np.float64]
    """|predicted / measured - 1|, of networks of the families from which the plan chose."""
    other_families: NDArray[np.float64]
    covered: tuple[bool, ...]
    """Whether each interval contains what was measured."""

    @property
    def within_10(self) -> float:
        """The share of errors of at most 10 %."""
        return float((self.errors <= 0.1).mean())


def load(name: str) -> ResolvedDevice:
    """Return a built-in device with its networks."""
    return resolve_measured(load_measured_device(name))


def keep(resolved: ResolvedDevice, networks: Sequence[Network]) -> ResolvedDevice:
    """Return a device as if only some of its networks had been measured."""
    return replace(resolved, measured=tuple(pair for pair in resolved.measured if pair[1] in networks))


def predict_unseen(resolved: ResolvedDevice, chosen: Sequence[Network], nets: Sequence[str] = ()) -> Unseen:
    """Calibrate with the chosen networks and predict all others.

    Args:
        resolved: the device.
        chosen: the networks that are seen.
        nets: the names of the networks that count as the families of the plan; by default all.
    """
    calibration = calibrate(keep(resolved, chosen))
    errors: list[float] = []
    others: list[float] = []
    covered: list[bool] = []
    for row, network in resolved.measured:
        if network in chosen:
            continue
        estimate, measured = estimate_latency(calibration, network), float(row.milliseconds or 0)
        known = not nets or network.spec.name in nets
        (errors if known else others).append(abs(estimate.milliseconds / measured - 1))
        if estimate.low is not None and estimate.high is not None:
            covered.append(estimate.low <= measured <= estimate.high)
    return Unseen(np.array(errors), np.array(others), tuple(covered))


def predict_planned(resolved: ResolvedDevice, count: int, nets: Sequence[str] = ()) -> Unseen:
    """Choose networks without any timing, calibrate with them and predict all others."""
    networks = [network for _, network in resolved.measured if not nets or network.spec.name in nets]
    prior = choose_prior(resolved.device.device)
    return predict_unseen(resolved, plan_measurements(networks, count, prior, resolved.device.batch), nets)


def predict_from_random(resolved: ResolvedDevice, generator: np.random.Generator, nets: Sequence[str] = ()) -> Unseen:
    """Calibrate with 8 to 12 networks that are drawn at random and predict all others."""
    networks = [network for _, network in resolved.measured if not nets or network.spec.name in nets]
    count = min(int(generator.integers(8, 13)), len(networks) - 1)
    chosen = generator.choice(len(networks), count, replace=False)
    return predict_unseen(resolved, [networks[index] for index in chosen], nets)


def plant(calibration: Calibration, factor: float, indices: Iterable[int]) -> Iterator[tuple[bool, int]]:
    """Multiply one measurement at a time, and yield whether it is found and how many others are called wrong."""
    sample = calibration.sample
    for index in indices:
        milliseconds = sample.milliseconds.copy()
        milliseconds[index] *= factor
        planted = Sample(sample.networks, milliseconds, sample.prior, sample.batch, sample.lanes, sample.unfused)
        flags = find_outliers(planted, calibration.structure)
        yield bool(flags[index]), int(flags.sum() - flags[index])


def main() -> None:
    """Print all figures."""
    calibrations = _print_left_out()
    _print_planned()
    _print_coverage()
    _print_planted(calibrations)


def _print_left_out() -> dict[str, Calibration]:
    print("each network left out: mean error, share within 10 %, worst; of mult-adds alone; alpha, resolution, family")
    calibrations = {name: calibrate(load(name)) for name in list_devices()}
    for name, calibration in calibrations.items():
        errors, by_mult_adds = calibration.left_out, calibration.mult_adds_alone
        groups = (calibration.left_out_alpha, calibration.left_out_resolution, calibration.left_out_family)
        by_group = " ".join("     -" if group is None else f"{group:6.1%}" for group in groups)
        print(
            f"  {name:26} {len(calibration.sample):3}  {errors.mean:6.1%} {errors.within_10:5.0%} {errors.worst:6.1%}"
            f"  {by_mult_adds.mean:6.1%}  {by_group}"
            f"  {calibration.structure}"
        )
    chosen = [calibrations[name] for name in (*PHONES_AND_BOARDS, *ACCELERATORS)]
    mean = np.mean([calibration.left_out.mean for calibration in chosen])
    alone = np.mean([calibration.mult_adds_alone.mean for calibration in chosen])
    within = np.mean([abs(point.ratio - 1) <= 0.1 for calibration in chosen for point in calibration.points])
    print(f"  phones, boards and accelerators: {mean:.2%}, within 10 %: {within:.1%}, mult-adds alone: {alone:.1%}")
    return calibrations


def _print_planned() -> None:
    for count in (4, 8):
        means = {name: predict_planned(load(name), count).errors.mean() for name in PHONES_AND_BOARDS}
        worst = max(means, key=means.__getitem__)
        print(f"{count} planned networks: {np.mean(list(means.values())):.2%}, at most {means[worst]:.2%} ({worst})")
    for name in SERVERS:
        unseen = predict_planned(load(name), 8, V1_TO_V3)
        print(
            f"8 planned networks on {name}: {unseen.errors.mean():.2%}, within 10 %: {unseen.within_10:.1%}; "
            f"other families {unseen.other_families.mean():.2%}"
        )


def _print_coverage() -> None:
    generator = np.random.default_rng(2026)
    covered: list[bool] = []
    for name in (*PHONES_AND_BOARDS, "pixel3-nnapi-uint8", *SERVERS):
        resolved = load(name)
        for _ in range(10):
            covered += predict_from_random(resolved, generator, V1_TO_V3).covered
    print(f"80 % intervals from 8 to 12 random networks cover {np.mean(covered):.1%} of {len(covered):,}")


def _print_planted(calibrations: dict[str, Calibration]) -> None:
    generator = np.random.default_rng(2026)
    names = (*PHONES_AND_BOARDS, *ACCELERATORS, *SERVERS)
    for factor in (2, 1.5, 10, 0.1):
        found = []
        for name in names:
            size = len(calibrations[name].sample)
            indices = generator.permutation(size)[: 8 if size > 40 else size]
            found += [was_found for was_found, _ in plant(calibrations[name], factor, indices.tolist())]
        print(f"one measurement times {factor}: found in {np.mean(found):.1%} of {len(found)}")
    false = sum(sum(calibrations[name].suspicious) for name in names)
    print(f"called wrong as published: {false} of {sum(len(calibrations[name].sample) for name in names)}")


if __name__ == "__main__":
    main()
