"""The functions answer as the commands do: the same network, the same rows, the same errors."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mbcost
from mbcost.analytic.memory.allocators import ALLOCATORS
from mbcost.analytic.memory.arena import OPTIONS
from mbcost.present.records import Value
from mbcost.questions.cost.ledger import QUANTITIES
from mbcost.questions.device.memory import ALL_OPTIONS
from mbcost.questions.published.verdict import STATUSES
from mbcost.questions.search.ranking import RANKS
from mbcost.spec.catalogue.devices import load_devices
from mbcost.spec.catalogue.library import load_conventions
from tests.cli.conftest import Mbcost
from tests.cli.conftest import mbcost as command  # noqa: F401  # the fixture

NETWORKS: list[tuple[str, dict[str, Any]]] = [
    ("v2", {}),
    ("v2@0.75/160:torchvision", {}),
    ("MobileNetV2", {"alpha": 0.35, "resolution": 96, "in_channels": 1}),
    ("v1/160x128", {"alpha": 0.25, "classes": 2}),
    ("v3-large:keras", {"top": False}),
    ("v3-small", {"rho": 0.714, "implementation": "timm"}),
    ("v2", {"head": "512,bn,26"}),
    ("v2", {"resolution": (96, 128)}),
    ("docs/tiny.yaml@0.5", {"classes": 3}),
    ("v2@0.75", {"alpha": 0.5}),
    ("v2/160", {"rho": 0.5}),
    ("v2", {"rho": 0.001}),
    ("v2", {"rho": 0}),
    ("v2", {"head": "10", "classes": 10}),
    ("v2", {"head": "10", "top": False}),
    ("v2", {"alpha": -1.0}),
    ("v2", {"alpha": float("nan")}),
    ("v2:nobody", {}),
    ("v2@", {}),
    ("v2@1@2", {}),
    ("v9", {}),
    ("v3", {}),
    ("nowhere.yaml", {}),
    ("", {}),
]
"""References and settings, which the two read alike; the later ones describe no network."""
SAID_IN_PYTHON = {"'v2@0.75' and as an option": "'v2@0.75' and as an argument", "head and no-top": "head and top=False"}
"""What errors about these networks say on the command line -> the same in Python."""
WRITTEN = {"implementation": "impl", "resolution": "res", "in_channels": "in-channels"}


def options(settings: dict[str, Any]) -> list[str]:
    """Return settings as options of a command."""
    words = []
    for name, value in settings.items():
        text = "x".join(map(str, value)) if isinstance(value, tuple) else str(value)
        words += ["--no-top"] if name == "top" else [f"--{WRITTEN.get(name, name)}={text}"]
    return words


@pytest.mark.parametrize(("text", "settings"), NETWORKS, ids=str)
def test_a_network_is_what_the_command_line_reads(text: str, settings: dict[str, Any], command: Mbcost) -> None:  # noqa: F811
    result = command("table", text, *options(settings), "--format", "json")
    if result.code:
        with pytest.raises(mbcost.MbcostError) as caught:
            mbcost.network(text, **settings)
        expected = result.err
        for words, in_python in SAID_IN_PYTHON.items():
            expected = expected.replace(words, in_python)
        assert f"mbcost: error: {caught.value}\n" == expected
        return
    answer, network = json.loads(result.out), mbcost.network(text, **settings)
    assert (network.params(), network.mult_adds()) == (answer["totals"]["params"], answer["totals"]["mult_adds"])
    assert (network.alpha, list(network.resolution), network.implementation) == (
        answer["alpha"], answer["resolution"], answer["implementation"],
    )  # fmt: skip


ANSWERS: dict[str, Callable[[], object]] = {
    "table v2@0.75/160": lambda: mbcost.network("v2@0.75/160"),
    "compare v1 v2@0.75": lambda: mbcost.compare("v1", mbcost.network("v2", alpha=0.75)),
    "diff v3-large@0.5 v3-large@0.5:torchvision": lambda: mbcost.diff("v3-large@0.5", "v3-large@0.5:torchvision"),
    "compare standard-vs-dws": mbcost.standard_vs_dws,
    "compare standard-vs-dws --in 16 --stride 2 --rho 0.5": lambda: mbcost.standard_vs_dws(
        inputs=16, stride=2, rho=0.5
    ),
    "compare standard-vs-dws v2@0.75/160:keras": lambda: mbcost.standard_vs_dws(
        "v2@0.75", resolution=160, implementation="keras"
    ),
    "compare residual-vs-inverted --feature 28": lambda: mbcost.residual_vs_inverted(feature=28),
    "ledger v2 --convention macs,fvcore": lambda: mbcost.ledger("v2", conventions=["macs", "fvcore"]),
    "formula v1 1.1.depthwise": lambda: mbcost.formula("v1", "1.1.depthwise"),
    "conventions": mbcost.conventions,
    "memory v2@0.35/96 --allocator naive,arena --arena pad": lambda: mbcost.memory(
        "v2@0.35/96", allocators=["naive", "arena"], arena=["pad"]
    ),
    "roofline v2 --peak-macs 1e9 --bandwidth 2e9 --dtype int8": lambda: mbcost.roofline(
        "v2", peak_macs=1e9, bandwidth=2 * 10**9, dtype="int8"
    ),
    "roofline v2 --device jetson-nano": lambda: mbcost.roofline("v2", device="jetson-nano"),
    "accuracy v2@0.75/160 v2@0.6:paddleclas v2:keras": lambda: mbcost.accuracy(
        "v2@0.75/160", "v2@0.6:paddleclas", "v2:keras"
    ),
    "accuracy --recipe tf-slim": lambda: mbcost.accuracy(recipe="tf_slim"),
    "latency v2@0.75/160 v1 v3-small --device stm32n6": lambda: mbcost.latency(
        "v2@0.75/160", "v1", "v3-small", device="stm32n6"
    ),
    "calibrate specs/devices/stm32n6.yaml": lambda: mbcost.calibrate("specs/devices/stm32n6.yaml"),
    "devices stm32h747-cubeai": lambda: mbcost.calibrate("stm32h747-cubeai"),
    "devices": lambda: mbcost.devices(),
    "sweep v1 v2 --alpha 0.5,1 --res 96,128x160": lambda: mbcost.sweep(
        "v1", "v2", alphas=[1, 0.5], resolutions=[96, (128, 160)]
    ),
    "sweep v2 v3-large --pareto mult-adds,top1": lambda: mbcost.sweep("v2", "v3-large", pareto="mult-adds,top1"),
    "sweep v1/128": lambda: mbcost.sweep("v1/128"),
    "sweep v1 v2 --alpha 0.5,1 --res 96,128 --device stm32n6 --pareto latency,params": lambda: mbcost.sweep(
        "v1", "v2", alphas=[0.5, 1], resolutions=[96, 128], device="stm32n6", pareto="latency,params"
    ),
    "fit --net v2 --ram 320KiB --flash 1MiB --classes 2 --res 96:160:16": lambda: mbcost.fit(
        "v2", ram=320 * 1024, flash=2**20, classes=2, resolutions=range(96, 161, 16)
    ),
    "fit --net v2 --alpha 0.35,0.75 --max-latency 40ms --device pixel1-tflite --res 96:224:32": lambda: mbcost.fit(
        "v2", alphas=[0.35, 0.75], max_latency=40, device="pixel1-tflite", resolutions=range(96, 225, 32)
    ),
    "explain 314M v2@1/224 --limit 3": lambda: mbcost.explain("314M", "v2@1/224", limit=3),
    "explain v1@0.5:official --params 1.34M --mult-adds 150M --limit 2": lambda: mbcost.explain(
        net="v1@0.5:official", params="1.34M", mult_adds="150M", limit=2
    ),
    "published v1-standard": lambda: mbcost.published("v1-standard"),
    "published --status out-of-scope v1-quant": lambda: mbcost.published("v1-quant", status="out_of_scope"),
}
"""A command -> the same question in Python."""


def compare_rows(rows: list[dict[str, Value]], text: str) -> None:
    """Check that rows have the values of a command's CSV, as numbers."""
    expected = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) > 0
    assert [list(row) for row in rows] == [list(row) for row in expected]
    unlike = [
        (key, value, text)
        for row, texts in zip(rows, expected, strict=True)
        for key, value in row.items()
        if not means(value, text := texts[key])
    ]
    assert unlike == []
    assert [(key, value) for row in rows for key, value in row.items() if not is_typed(key, value, row)] == []


@pytest.mark.parametrize("words", ANSWERS)
def test_the_rows_of_an_answer_are_those_of_the_command_with_numbers_as_numbers(words: str, command: Mbcost) -> None:  # noqa: F811
    result = command(*words.split(), "--format", "csv")
    assert result.err == ""
    compare_rows(mbcost.rows(ANSWERS[words]()), result.out)


def test_a_table_of_numbers_is_read_from_a_file_and_from_rows(command: Mbcost, tmp_path: Path) -> None:  # noqa: F811
    path = tmp_path / "table.csv"
    path.write_text("alpha,resolution,mult_adds,params\n1,224,569M,4.24M\n0.75,224x192,,2585560\n", encoding="utf-8")
    answers = mbcost.explain_rows(path, "v1:official", limit=1)
    compare_rows(mbcost.rows(answers), command("explain", "v1:official", "--rows", str(path), "--format", "csv").out)
    records: list[dict[str, object]] = [
        {"alpha": 1.0, "resolution": 224, "mult_adds": "569M", "params": "4.24M"},
        {"alpha": np.float64(0.75), "resolution": (224, 192), "mult_adds": float("nan"), "params": 2585560.0},
    ]
    assert mbcost.rows(mbcost.explain_rows(records, "v1:official", limit=1)) == mbcost.rows(answers)
    with pytest.raises(mbcost.MbcostError, match=r"rows:3:4: '2.5 apples' has the unknown unit"):
        mbcost.explain_rows([records[0], {"params": "2.5 apples"}], "v1")
    with pytest.raises(mbcost.MbcostError, match="the network is given as 'v1' and in the table"):
        mbcost.explain_rows([{"network": "v2", "params": "3.4M"}], "v1")


def test_what_validate_and_check_report_are_rows(tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text("name: [", encoding="utf-8")
    (row,) = mbcost.rows(mbcost.check(tmp_path / "net.yaml"))
    assert (row["file"], row["line"], row["kind"]) == (str(tmp_path / "net.yaml"), 1, "invalid")
    first, *_, total = mbcost.rows(mbcost.validate("v2@0.75/160", mbcost.Measurement("torch", (), 1, 2)))
    assert (first["alpha"], first["resolution"], first["layer"], first["measured"]) == (0.75, 160, "0.1.conv", None)
    assert (total["expected"], total["measured"]) == (107295200, 2)


def means(value: object, text: str) -> bool:
    """Return whether a value of Python is what CSV spells; a float has all digits, of which CSV has some."""
    if value is None or isinstance(value, bool):
        return text == ("" if value is None else str(value).lower())
    if isinstance(value, tuple):
        return text == "x".join(map(str, value))
    if isinstance(value, float):
        number = text.removesuffix(" %")
        step = Fraction(1, 10 ** len(number.partition(".")[2]))
        return abs(Fraction(str(value)) - Fraction(number)) <= step / 2
    option = text.removeprefix("--")
    return type(value) in (int, str) and str(value) == (text if option == text else option.replace("-", "_"))


TEXTS = ("threads", "printed", "versions", "numbers", "layer", "block")
"""Columns whose text can be only digits: a number as it is printed, versions, factors of an equation, and names."""
FLOATS = ("alpha", "alpha_least", "alpha_most", "chance", "bits", "time_us", "mult_adds_per_byte", "top1_percent",
          "left_percent", "mult_adds_percent", "time_percent", "params_ratio", "mult_adds_ratio", "activations_ratio",
          "formula_ratio", "times_cheaper", "low_percent", "high_percent", "mean_points", "worst_points",
          "alpha_mean_points", "latency_ms",
          "latency_low_ms", "latency_high_ms", "measured_ms", "nearest_ms", "predicted_ms", "bound_ms", "times_bound",
          "error_percent", "left_out_percent", "mult_adds_alone_percent", "within_10_percent",
          "alpha_worst_points", "coverage_percent")  # fmt: skip
SIZES = ("resolution", "kernel", "input", "output")


def is_typed(key: str, value: Value, row: dict[str, Value]) -> bool:
    """Return whether a number has the type that docs/python.md states, and whether a text is not one."""
    if isinstance(value, str):
        return key in TEXTS or re.fullmatch(r"[-+]?[0-9.,x]+ ?%?|--.*|", value) is None
    is_share = key == "exact" and str(row.get("printed")).endswith("%")
    allowed = (float,) if key in FLOATS or is_share else (int, tuple) if key in SIZES else (int, bool)
    return value is None or type(value) in allowed


NAMED: dict[str, tuple[Callable[[str], object], Iterable[str]]] = {
    "rank": (lambda name: mbcost.fit(
            "v2", rank=name, alphas=[1.0], resolutions=[96], max_latency=9, device="pixel1-tflite"
        ).rank,
        RANKS,
    ),
    "measured device": (
        lambda name: mbcost.fit("v2@1", device=name, max_latency=90, resolutions=[96]).limits[0].device,
        ("pixel1-tflite", "stm32n6"),
    ),
    "quantity": (lambda name: mbcost.ledger("v2", quantity=name).quantity, QUANTITIES),
    "allocator": (lambda name: mbcost.memory("v2", allocators=[name]).peaks[0].allocator, ALLOCATORS),
    "arena": (lambda name: mbcost.memory("v2", arena=[name]).options, (*OPTIONS, ALL_OPTIONS)),
    "device": (lambda name: mbcost.roofline("v2", device=name).machine.title, load_devices()),
    "convention": (lambda name: mbcost.load_convention(name).name, load_conventions()),
    "conventions": (lambda name: mbcost.ledger("v2", conventions=[name]).conventions[0].name, load_conventions()),
    "status": (lambda name: len(mbcost.published("v1-quant", status=name)), STATUSES),
    "pareto": (lambda name: mbcost.sweep("v2", pareto=f"{name},top1", resolutions=[96]), ("mult_adds", "params")),
}  # fmt: skip
"""A parameter that takes a name of a closed set -> how it is called, and the names."""


@pytest.mark.parametrize("parameter", NAMED)
def test_a_name_takes_hyphens_and_underscores(parameter: str) -> None:
    call, names = NAMED[parameter]
    for name in names:
        spellings = {name, *(name.translate(dict.fromkeys(map(ord, "-_ "), mark)) for mark in "-_")}
        answers = [call(spelling) for spelling in spellings]
        assert all(answer == answers[0] for answer in answers)


REFUSED: dict[str, tuple[Callable[[], object], str]] = {
    "no network": (mbcost.compare, "compare needs a network: give at least one"),
    "no name": (lambda: mbcost.network(3), "net is 3: it must be a reference such as 'v2@0.75/160', a path"),  # type: ignore[arg-type]
    "a setting of a network": (lambda: mbcost.network(mbcost.network("v1"), alpha=0.5), "has its settings already"),
    "alpha as text": (lambda: mbcost.network("v2", alpha="1"), "alpha is '1': it must be a number such as 0.75"),  # type: ignore[arg-type]
    "three sides": (lambda: mbcost.network("v2", resolution=(1, 2, 3)), "(1, 2, 3): it must be a whole number or (hei"),  # type: ignore[arg-type]
    "an empty side": (lambda: mbcost.network("v2", resolution=0), "resolution is 0: it must be at least 1"),
    "a side as text": (lambda: mbcost.network("v2", resolution="96"), "resolution is '96': it must be a whole number"),  # type: ignore[arg-type]
    "a grouping": (lambda: mbcost.network("v2").table(by="row"), "unknown grouping 'row': choose from layer"),
    "a convention": (lambda: mbcost.network("v2").params("fvcor"), "unknown convention 'fvcor': did you"),
    "a repeated convention": (lambda: mbcost.ledger("v2", conventions=["macs"] * 2), "'macs' is given twice"),
    "a quantity": (lambda: mbcost.ledger("v2", quantity="flops"), "unknown quantity 'flops'"),
    "a head that is a number": (lambda: mbcost.network("v2", head=10), "head is 10: it must be text"),  # type: ignore[arg-type]
    "an endless alpha": (lambda: mbcost.network("v2", alpha=10**400), "alpha is too large: it must be a number"),
    "a convention that is a list": (lambda: mbcost.compare("v2", convention=["macs"]), "or a Convention"),  # type: ignore[arg-type]
    "a dtype that is a number": (lambda: mbcost.memory("v2", dtype=8), "dtype is 8: it must be text"),  # type: ignore[arg-type]
    "a float": (lambda: mbcost.explain(3.14e8), "number is 314000000.0: it must be text as it is printed"),  # type: ignore[arg-type]
    "one convention": (lambda: mbcost.ledger("v2", conventions="macs"), "conventions is 'macs': it must be a list"),
    "one name as a list": (lambda: mbcost.memory("v2", allocators="naive"), "allocators is 'naive': it must be a list"),
    "an allocator": (lambda: mbcost.memory("v2", allocators=["best"]), "unknown allocator 'best'"),
    "options without an arena": (lambda: mbcost.memory("v2", allocators=["naive"], arena=["pad"]), "without the all"),
    "a missing rate": (lambda: mbcost.roofline("v2", peak_macs=1e9), "bandwidth is missing: give both"),
    "an endless rate": (lambda: mbcost.roofline("v2", peak_macs=float("inf")), "peak_macs is inf: it must be"),
    "nothing to sweep": (mbcost.sweep, "sweep needs a network: give at least one"),
    "a bool": (lambda: mbcost.network("v2", classes=True), "classes is True: it must be a whole number"),
    "no conventions": (lambda: mbcost.ledger("v2", conventions=[]), "conventions is []: it must be a list such as"),
    "no allocators": (lambda: mbcost.memory("v2", allocators=[]), "allocators is []: it must be a list such as"),
    "a wrong item": (lambda: mbcost.sweep("v2", alphas=[1, "a"]), "alphas[1] is 'a': it must be a number"),  # type: ignore[list-item]
    "a network of many": (lambda: mbcost.compare("v2", 3), "networks[1] is 3: it must be a reference"),  # type: ignore[arg-type]
    "a name as a spec": (lambda: mbcost.resolve("v2"), "spec is 'v2': it must be a Spec, such as load_spec('v2')"),  # type: ignore[arg-type]
    "head and top": (lambda: mbcost.network("v2", head="10", top=False), "head and top=False are both given"),
    "long work": (lambda: mbcost.sweep("v2", resolutions=range(32, 20_000)), "add force=True to exceed the limit of"),
    "a long fit": (lambda: mbcost.fit(ram=1, resolutions=range(32, 60_000)), "add force=True to exceed the limit of"),
    "a long list": (lambda: mbcost.fit(ram=1, every=True, limit=10_001), "use a smaller limit, or add force=True"),
    "a large model": (lambda: mbcost.validate("v2/40000"), "add force=True to exceed the limit of 4 GiB"),
    "a long table": (lambda: mbcost.explain_rows([{"params": "3M"}] * 51, "v2"), "at a time, or add force=True"),
    "no alphas": (lambda: mbcost.sweep("v2", alphas=[]), "alphas is []: it must be a list such as [0.5, 1.0]"),
    "one alpha": (lambda: mbcost.sweep("v2", alphas=0.5), "alphas is 0.5: it must be a list such as [0.5, 1.0]"),  # type: ignore[arg-type]
    "a limit as text": (lambda: mbcost.fit(ram="320KiB"), "ram is '320KiB': it must be a number of bytes"),  # type: ignore[arg-type]
    "a device alone": (lambda: mbcost.fit(device="pixel1-tflite"), "device needs max_latency"),
    "no limit": (lambda: mbcost.fit("v2"), "fit needs a limit: state at least one of flash, ram, mult_adds"),
    "no number": (mbcost.explain, "explain needs a number"),
    "a number that is none": (lambda: mbcost.explain("many"), "'many' is not a number"),
    "a verdict": (lambda: mbcost.published(status="right"), "unknown verdict 'right'"),
    "verify without a network": (lambda: mbcost.verify("net:make"), "verify needs a network to compare with"),
    "an unknown witness": (lambda: mbcost.validate("v2", against="all"), "unknown witness 'all'"),
    "rows of something else": (lambda: mbcost.rows("v2"), "'v2' is not an answer of mbcost"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_mistake_is_one_line_that_says_what_to_do(name: str) -> None:
    call, message = REFUSED[name]
    with pytest.raises(mbcost.MbcostError) as caught:
        call()
    assert message in str(caught.value)
    assert str(caught.value).isprintable()


def test_a_path_is_a_file_and_a_name_is_a_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = Path("docs/tiny.yaml").read_text(encoding="utf-8")
    (tmp_path / "v2").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert mbcost.network("v2").spec is mbcost.load_spec("v2")
    assert mbcost.network(Path("v2")).spec.name == mbcost.network(tmp_path / "v2").spec.name == "tiny"
    assert mbcost.sweep(Path("v2"))[0].series.spec.name == "tiny"
    with pytest.raises(mbcost.MbcostError, match=r"v1: No such file"):
        mbcost.network(Path("v1"))


def test_a_network_shows_itself(tmp_path: Path) -> None:
    text = Path("docs/tiny.yaml").read_text(encoding="utf-8").replace("name: tiny", "name: '<b>&tiny'")
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    network = mbcost.network(tmp_path / "net.yaml", classes=2)
    assert repr(network).startswith("<Network <b>&tiny@1/")
    assert ", classes 2: " in repr(network)
    shown = network._repr_html_()
    assert "&lt;b&gt;&amp;tiny" in shown
    assert "<b>" not in shown
    assert shown.count("<tr>") == len(network.table()) + 2
    assert mbcost.network(network) == network


def test_shares_are_rounded_each_on_its_own() -> None:
    """The sums are those that docs/table.md states."""
    network = mbcost.network("v2")
    sums = {}
    for by in ("layer", "stage"):
        rows = network.table(by=by)
        shares: list[Any] = [row["mult_adds_percent"] for row in rows]
        counts: list[Any] = [row["mult_adds"] for row in rows]
        assert shares == [round(float(Fraction(100 * count, network.mult_adds())), 2) for count in counts]
        sums[by] = round(sum(shares), 2)
    assert sums == {"layer": 99.95, "stage": 100.01}
    assert "`v2` add up to 99.95 % by layer and 100.01 % by stage." in Path("docs/table.md").read_text(encoding="utf-8")


def test_the_counts_of_a_network_take_a_convention_or_its_name() -> None:
    network = mbcost.network("v2:torchvision")
    for convention in mbcost.conventions():
        assert network.params(convention) == network.params(convention.name)
        assert network.mult_adds(convention) == network.mult_adds(convention.name)
        rows = network.table(by="block", convention=convention.name)
        counts = (row["mult_adds"] for row in rows)
        assert sum(count for count in counts if isinstance(count, int)) == network.mult_adds(convention)


def test_a_model_is_built_measured_validated_and_verified() -> None:
    network = mbcost.network("v2@0.5/64", classes=7, in_channels=1)
    model = mbcost.build(network)
    assert sum(parameter.numel() for parameter in model.parameters()) == network.params()
    assert mbcost.build("v2@0.5", classes=7, in_channels=1).state_dict().keys() == model.state_dict().keys()
    measurement = mbcost.measure(model, resolution=64, in_channels=1, against="torch")
    assert mbcost.validate(network, measurement) == mbcost.validate(network, against=["torch"])
    assert mbcost.validate(network, measurement).passed
    assert mbcost.validate("v2@0.5/96", measurement).differences
    assert mbcost.verify(model, network).equal
    answer = mbcost.verify(model, "v2", find=True, resolution=64, in_channels=1)
    assert (answer.equal, answer.network.alpha, answer.network.classes) == (True, 0.5, 7)
    with pytest.raises(mbcost.MbcostError, match="arguments are those of a factory"):
        mbcost.verify(model, network, arguments={"width": 1})
    assert mbcost.verify("docs/tiny.py:make", "docs/tiny.yaml", classes=2, arguments={"kernel": 5}).equal
    assert mbcost.verify("docs/model.tflite", "v1@0.25/96").equal
