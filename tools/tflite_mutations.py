"""Tries the reader of TensorFlow Lite's files with damaged ones: `python -m tools.tflite_mutations [COUNT] [SEED]`.

Every file is a valid one, of `tests/data/files/tflite/` or a random one, in which bytes are changed, removed, repeated
or replaced by numbers that are larger than the file. The reader has to return a graph, whose counts the engine can
compute, or to refuse it with an `MbcostError` of one line. Prints what was slowest, and ends with 1 after a failure.
"""

from __future__ import annotations

import lzma
import resource
import struct
import sys
import traceback
from collections import Counter
from random import Random
from time import perf_counter

from mbcost.analytic.graph.network import resolve_graph
from mbcost.errors import MbcostError
from mbcost.spec.tally import total
from tests.files.tflite.drafts import RandomDraft, parse
from tools.tflite_files import FOLDER

LONGEST = 20.0
"""The seconds in which a file has to be read."""
EXTREMES = (0, 1, -1, 2, 127, 128, 255, 2**15, 2**16, 2**24, 2**31 - 1, -(2**31), 2**31 - 4)
"""Numbers of 32 bits that replace others."""


def damage(data: bytes, random: Random) -> bytes:
    """Return a file with some damage."""
    result = bytearray(data)
    for _ in range(random.choice((1, 1, 1, 2, 4, 16))):
        at = _choose_byte(result, random)
        kind = random.randrange(8)
        if kind < 3:
            result[at] = random.randrange(256)
        elif kind == 3:
            result[at] ^= 1 << random.randrange(8)
        elif kind == 4:
            word = at & ~3
            result[word : word + 4] = struct.pack("<i", random.choice(EXTREMES))
        elif kind == 5:
            other = random.randrange(len(result)) & ~3
            word = at & ~3
            result[word : word + 4] = result[other : other + 4]
        elif kind == 6:
            part = bytes(result[at : at + random.randrange(1, 64)])
            result[at:at] = part
        else:
            word = at & ~3
            (number,) = struct.unpack_from("<i", bytes(result[word : word + 4]).ljust(4, b"\0"))
            result[word : word + 4] = struct.pack("<I", (number + random.choice((-4, -1, 1, 4))) & 0xFFFFFFFF)
    if random.random() < 0.1:
        del result[random.randrange(len(result)) :]
    return bytes(result)


def _choose_byte(data: bytearray, random: Random) -> int:
    """Return the position of a byte, with some tries to find one that is not in zeros: those are weights."""
    at = 0
    for _ in range(30):
        at = random.randrange(len(data))
        if any(data[at : at + 8]):
            break
    return at


def judge(data: bytes) -> str:
    """Return what became of a file: `read`, `refused by the reader`, `refused by the engine`, or a fault."""
    step = "reader"
    try:
        graph = parse(data)
        step = "engine"
        total(layer.tally() for layer in resolve_graph(graph).layers)
    except MbcostError as error:
        message = str(error)
        if "\n" in message or not message:
            return f"a message that is not one line: {message!r}"
        return f"refused by the {step}"
    except Exception:
        return traceback.format_exc()
    return "read"


def main(count: int, seed: str) -> int:
    """Try `count` files; return the exit code."""
    random = Random(f"damage {seed}")
    originals = [RandomDraft(f"{seed} {index}", is_open=index % 5 == 0).build() for index in range(40)]
    stored = [lzma.decompress(path.read_bytes()) for path in sorted(FOLDER.glob("*.xz"))]
    originals += [data for data in stored if len(data) < 5_000_000]
    results: Counter[str] = Counter()
    slowest = 0.0
    for _ in range(count):
        data = damage(random.choice(originals), random)
        started = perf_counter()
        result = judge(data)
        slowest = max(slowest, perf_counter() - started)
        results[result] += 1
    for result, times in results.most_common():
        print(f"{times:7} {result}")
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"slowest: {slowest:.2f} s; largest process: {megabytes} MB")
    allowed = {"read", "refused by the reader", "refused by the engine"}
    return int(bool(set(results) - allowed) or slowest > LONGEST or megabytes > 500)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000, sys.argv[2] if len(sys.argv) > 2 else "1"))
