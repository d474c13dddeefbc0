"""Answers have the same bytes on every processor, for any vector instructions, hash seed and number of threads.

NumPy chooses its loops by the processor, and different loops may leave equal elements of an array in a different order.
`NPY_DISABLE_CPU_FEATURES` makes a processor behave like an older one.
"""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

COMMANDS = (
    "explain 314M v2@1/224 --limit 10",
    "explain v2@1.4/224 --mult-adds 610.1M --params 6.11M --limit 10",
    "explain efficientnet-b0@1/224 --mult-adds 349M --params 5,288,548 --limit 20",
    "explain 2,929,242 v2:keras --head 512,bn,26 --quantity params",
    "fit --flash 1MiB --ram 320KiB --mult-adds 60M --params 2M --classes 2 --in-channels 1 --all --limit 50",
    "fit --max-latency 30ms --device pixel1-tflite --ram 512KiB --limit 50",
    "sweep v1 v3-small --pareto mult-adds,top1",
    "sweep v2 --alpha 0.1:1.5:0.02 --res 32:320:16 --pareto memory,+params",
)
PROGRAM = f"""
import sys
from numpy._core._multiarray_umath import __cpu_features__
from mbcost.cli import run

print(*(name for name, present in __cpu_features__.items() if present), file=sys.stderr)
for command in {COMMANDS}:
    assert run([*command.split(), "--format", "json"]) == 0, command
"""
SETTINGS = [("", "0", "1"), ("X86_V4 X86_V3", "1", "2")]
"""CPU features that NumPy must not use, hash seed, threads: whichever of them an answer depends on, the runs differ."""


def run_commands(setting: tuple[str, str, str]) -> bytes:
    """Return what all commands print in one process under the setting."""
    disabled, seed, threads = setting
    environment = os.environ | {
        "NPY_DISABLE_CPU_FEATURES": disabled,
        "PYTHONHASHSEED": seed,
        "OMP_NUM_THREADS": threads,
        "OPENBLAS_NUM_THREADS": threads,
        "PYTHONWARNINGS": "ignore::ImportWarning",  # NumPy warns if a feature to disable does not exist
    }
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, check=True)
    used = done.stderr.decode().splitlines()[0].split()
    assert not set(used) & set(disabled.split()), "NumPy uses a feature that it must not use"
    return done.stdout


@pytest.mark.long
def test_answers_do_not_depend_on_vector_instructions_hash_seeds_and_threads() -> None:
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(run_commands, SETTINGS)
    for expected, line in zip(first.splitlines(), second.splitlines(), strict=True):
        assert line == expected
