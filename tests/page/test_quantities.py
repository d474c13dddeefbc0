"""The page reads the same limits as the command, in the same words."""

from __future__ import annotations

import itertools
import random
import re

from mbcost.cli.quantities import parse_count, parse_milliseconds, parse_percent, parse_size
from mbcost.errors import MbcostError
from tests.page.node import run_module

NUMBERS = """\
0|1|7|30|320|999|1000|1024|1.5|0.03|68.5|100|100.1|0.5|1.25|12.345|3,504,872|3 504 872|1_000|1,00|12,3|1e3|2E6|1e+9
1.2e2|1e31|1e4000|1e99999|00320|1234567890123456789|12345678901234567890|0.000000000000000001|.5|5.|-3|+3|<5|~5|≈ 5
about 5|>1|١٢|"""
TAILS = """\
|K|k|M|m|G|T|Ki|ki|Mi|KIB|KiB|Kib|kb|KB|Kb|kB|Mb|MB|MiB|mib|GB|B|b|byte|bytes|bit|Mbit|Mibit| KiB|-KiB| K iB|ms|s
 ms|Ms|µs|us|min|%| %|%%|P|flops|FLOPs|MFLOPs|macs|MMACs|M MACs|madds|mult-adds|M mult adds|multiply-accumulates
params|M parameters|weights|thousand|million|Billion|billion bytes|KB/s|Bps|K/s|parsecs|kK
\u00a0KiB|\tKiB|\x1cKiB|\ufeffKiB"""
PARSERS = {
    "parseSize": (parse_size, "ram"),
    "parseCount": (parse_count, "mult-adds"),
    "parseMilliseconds": (parse_milliseconds, "max-latency"),
    "parsePercent": (parse_percent, "min-top1"),
}


def test_the_page_reads_limits_as_the_command_does() -> None:
    numbers, tails = (re.split(r"[|\n]", words) for words in (NUMBERS, TAILS))
    texts = [number + tail for number, tail in itertools.product(numbers, tails)]
    characters, random_ = "0123459.,_ e+KkMGiBbsm%/-<~", random.Random(16)
    texts += ["".join(random_.choices(characters, k=random_.randrange(8))) for _ in range(2000)]
    asked = [[name, text, option] for name, (_, option) in PARSERS.items() for text in texts]
    answers = run_module(
        "budget/quantity.js",
        "asked.map(([name, text, option]) => { try { return module[name](text, option) } catch (error) {"
        " if (!(error instanceof RangeError)) throw error; return error.message } })",
        asked,
    )
    read = 0
    for (name, text, option), answer in zip(asked, answers, strict=True):
        try:
            expected: float | str = float(PARSERS[name][0](text, option))
            read += 1
        except MbcostError as error:
            expected = str(error)
        assert (answer if isinstance(answer, str) else float(answer)) == expected, (name, text)
    assert read > 1000


def test_what_the_page_spells_is_read_as_the_same_limit() -> None:
    random_ = random.Random(17)
    whole = [*range(3000), *(random_.randrange(2**53) for _ in range(500)), *(k * 1000 for k in range(3000))]
    whole += [random_.randrange(1, 5000) * unit for unit in (1024, 2**20, 10**4, 10**6, 10**7) for _ in range(300)]
    decimals = [0.0, 1e-7, 2.5e-9, 1e18, 1e21, 3.25e22, 100.0, 3e-18]
    decimals += [random_.randrange(10**9) / 10 ** random_.randrange(16) for _ in range(500)]
    spelled = run_module(
        "budget/quantity.js",
        "[asked[0].map(module.spellSize), asked[0].map(module.spellCount), asked[1].map(module.spellDecimal)]",
        [whole, decimals],
    )
    assert [parse_size(text, "ram") for text in spelled[0]] == whole
    assert [parse_count(text, "mult-adds") for text in spelled[1]] == whole
    assert [parse_milliseconds(f"{text}ms", "max-latency") for text in spelled[2]] == decimals
