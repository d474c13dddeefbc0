"""`mbcost lock`: what is written is read again, every kind of difference is named, and budgets are kept or exceeded."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mbcost.analytic.network import Network
from mbcost.cli import lock as command
from mbcost.cli.arguments import NetworkOptions, resolve_network
from mbcost.questions.lock.compare import KINDS
from mbcost.spec.catalogue.library import NETWORKS, load_spec
from mbcost.spec.graph import NotCounted
from mbcost.spec.lock import COLUMNS, LIMITS
from tests.cli.conftest import Mbcost

NET = "v1-shallow@0.25/96"
SOURCES = ("lock", "lock, of the network", "pyproject.toml", "pyproject.toml, of the network")
BUDGETS = """\
# the watch
budgets: # from the data sheet
  max-mult-adds: 600M
  # more
  networks:
    v2: {max-params: 4M}
"""
BOMB = "b0: &b0 [x, x]\n" + "".join(f"b{i}: &b{i} [{', '.join([f'*b{i - 1}'] * 9)}]\n" for i in range(1, 8))


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def check(mbcost: Mbcost, *words: str) -> tuple[int, dict[str, Any]]:
    result = mbcost("lock", "--check", *words, "--format", "json")
    assert result.err == ""
    return result.code, json.loads(result.out)


def change(pattern: str, new: str) -> None:
    """Change the lock by hand, in one position."""
    text, count = re.subn(pattern, new, Path("costs.lock").read_text(), count=1, flags=re.MULTILINE)
    assert count == 1, pattern
    Path("costs.lock").write_text(text)


def add_budget(text: str) -> None:
    change("^columns:", f"budgets:\n{text}\ncolumns:")


@settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.sampled_from(NETWORKS), st.sampled_from(["", "@0.5", "@0.35"]), st.integers(64, 224), st.booleans()
        ),
        min_size=1,
        max_size=2,
    ),
    st.sampled_from(["macs", "fvcore", "thop"]),
)
def test_what_is_written_passes_and_is_written_the_same_again(
    mbcost: Mbcost, drawn: list[tuple[str, str, int, bool]], convention: str
) -> None:
    networks = [
        f"{name}{alpha}/{side}" + (f":{list(load_spec(name).implementations)[-1]}" if last else "")
        for name, alpha, side, last in drawn
    ]
    Path("costs.lock").unlink(missing_ok=True)
    assert mbcost("lock", *networks, "--convention", convention).code == 0
    written = Path("costs.lock").read_text()
    assert check(mbcost)[0] == 0
    assert mbcost("lock").code == 0
    assert Path("costs.lock").read_text() == written
    # A second reader: what is locked is what `table` and `memory` say.
    parsed = yaml.safe_load(written)
    assert list(parsed["networks"]) == sorted(set(networks))
    for name, entry in parsed["networks"].items():
        shown = json.loads(mbcost("table", name, "--convention", convention, "--format", "json").out)
        needed = json.loads(mbcost("memory", name, "--allocator", "naive", "--format", "json").out)
        assert {key: shown["totals"][key] for key in ("params", "mult_adds")} == {
            "params": entry["params"], "mult_adds": entry["mult-adds"],
        }  # fmt: skip
        assert (entry["peak"], entry["flash"]) == (needed["peaks"][0]["bytes"], needed["flash"]["total"])
        rows = [[row["name"], row["operator"], row["params"], row["mult_adds"]] for row in shown["rows"]]
        assert [[row[0], row[1], *row[-2:]] for row in entry["layers"]] == rows
        assert all(len(row) == len(COLUMNS) for row in entry["layers"])


@pytest.mark.parametrize(
    ("pattern", "new", "kind", "layer", "features"),
    [
        (r"^      - \[1\.1\.pointwise.*\n", "", "layer added", "1.1.pointwise", {"params": 160, "mult_adds": 294912}),
        (r"(\[1\.1\.)pointwise", r"\1project", "layer removed", "1.1.project", {"params": 160, "mult_adds": 294912}),
        (r"(1\.1\.pointwise.*, )160, 294912", r"\g<1>161, 294912", "layer changed", "1.1.pointwise", {"params": 161}),
        (r"(1\.1\.depthwise, depthwise, )3x3, 1", r"\g<1>5x5, 2", "layer changed", "1.1.depthwise",
         {"kernel": "5x5", "stride": "2"}),
        (r"^    params: \d+", "    params: 1", "totals", None, {"params": 1}),
        (r"^    mult-adds: \d+", "    mult-adds: 1", "totals", None, {"mult_adds": 1}),
        (r"^    peak: \d+\n", "", "totals", None, {"peak": None}),
        (r"^    flash: \d+", "    flash: 9", "totals", None, {"flash": 9}),
        (r"^    flash:", "    not-counted: {NMS: 2}\n    flash:", "totals", None, {"not counted NMS": 2}),
        (r"^(      - \[0\.1.*\n)(      - .*\n)", r"\2\1", "order", "0.1.conv", {}),
        (NET, "v1-shallow@9/96x", "failed", None, {}),
        (NET, "nets/gone.yaml", "network gone", None, {}),
        (NET, "nets/gone.tflite", "network gone", None, {}),
        (NET, "./gone.py:make", "network gone", None, {}),
    ],
)  # fmt: skip
def test_every_kind_of_difference_is_named(
    mbcost: Mbcost, pattern: str, new: str, kind: str, layer: str | None, features: dict[str, Any]
) -> None:
    mbcost("lock", NET)
    change(pattern, new)
    code, answer = check(mbcost)
    assert (code, answer["passed"]) == (2 if kind == "failed" else 1, False)
    (difference,) = [item for item in answer["differences"] if item["kind"] == kind]
    assert difference["layer"] == layer
    locked = {item["feature"]: item["now" if kind == "layer added" else "locked"] for item in difference["changes"]}
    assert features.items() <= locked.items()
    line = Path("costs.lock").read_text().splitlines()[difference["line"] - 1]
    assert layer is None or kind in ("layer added", "order") or layer in line
    for style in ("text", "markdown", "csv", "github", "junit"):
        report = mbcost("lock", "--check", "--format", style)
        assert (report.code, report.err) == (code, "")
        assert (layer or answer["networks"][0]) in report.out


def test_a_network_that_the_lock_does_not_have_and_an_unknown_word_are_named(mbcost: Mbcost) -> None:
    mbcost("lock", NET)
    code, answer = check(mbcost, "v2", NET)
    assert (code, [item["kind"] for item in answer["differences"]]) == (1, ["network not locked"])
    code, answer = check(mbcost, "v9")
    assert (code, answer["differences"][0]["kind"]) == (2, "failed")
    assert "unknown network 'v9'" in answer["differences"][0]["message"]


def test_operators_that_are_not_counted_fail_unless_they_are_allowed(
    mbcost: Mbcost, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    def resolve(name: str, options: NetworkOptions) -> Network:
        return replace(resolve_network(name, options), not_counted=(NotCounted("NMS", 2, "custom"), *extra))

    extra: tuple[NotCounted, ...] = ()
    monkeypatch.setattr(command, "resolve_network", resolve)
    assert mbcost("lock", NET).out.endswith(f"{NET}: not counted: NMS\n")
    code, answer = check(mbcost)
    assert (code, [item["kind"] for item in answer["differences"]]) == (1, ["not counted"])
    assert "2 NMS (custom)" in answer["differences"][0]["message"]
    assert check(mbcost, "--allow-unknown")[0] == 0
    add_budget("  networks:\n    v1-shallow@0.25/96: {allow-unknown: [NMS]}")
    assert check(mbcost)[0] == 0
    extra = (NotCounted("NMS", 1, "another"),)
    code, answer = check(mbcost, "--allow-unknown")
    assert answer["differences"][0]["changes"] == [{"feature": "not counted NMS", "locked": 2, "now": 3}]


def test_every_kind_is_on_the_page_and_tried() -> None:
    page = (Path(__file__).parents[3] / "docs" / "json.md").read_text(encoding="utf-8")
    assert [kind for kind in KINDS if f"`{kind}`" not in page] == []


@pytest.mark.parametrize(
    ("key", "source"),
    [(key, source) for key in LIMITS for source in SOURCES if key != "max-latency" or source == SOURCES[-1]],
)
def test_a_limit_is_kept_at_the_value_and_exceeded_just_below_it(mbcost: Mbcost, key: str, source: str) -> None:
    mbcost("lock", "v2@0.35/96")
    totals = yaml.safe_load(Path("costs.lock").read_text())["networks"]["v2@0.35/96"]
    is_time = key == "max-latency"
    if is_time:
        shown = mbcost("latency", "v2@0.35/96", "--device", "pixel1-tflite", "--format", "json").out
        estimate = json.loads(shown)["estimates"][0]["ms"]
        limits = [f"{estimate * 1.01:.5f}ms", f"{estimate * 0.99:.5f}ms"]
    else:
        value = totals[key.removeprefix("max-")]
        limits = [f"{value}", f"{value - 1}"]
    for limit, passed in zip(limits, (True, False), strict=True):
        lines = [f'{key}: "{limit}"', *(["device: pixel1-tflite"] if is_time else [])]
        if source.startswith("lock"):
            mbcost("lock")
            indent = "  " if source == "lock" else "      "
            head = "" if source == "lock" else "  networks:\n    v2@0.35/96:\n"
            text = re.sub(r"budgets:\n(  .*\n)*", "", Path("costs.lock").read_text())
            Path("costs.lock").write_text(text)
            add_budget(head + "\n".join(f"{indent}{line}" for line in lines))
        else:
            table = "[tool.mbcost]" if source == "pyproject.toml" else '[tool.mbcost.networks."v2@0.35/96"]'
            body = "\n".join(re.sub(r'(\S+): "?([^"]*)"?', r'\1 = "\2"', line) for line in lines)
            Path("pyproject.toml").write_text(f'[project]\nname = "x"\n\n{table}\n{body}\n')
        code, answer = check(mbcost)
        (budget,) = answer["budgets"]
        assert (code, budget["passed"], answer["differences"]) == (0 if passed else 1, passed, [])
        assert budget["budget"] == key
        written = Path(budget["file"]).read_text().splitlines()[budget["line"] - 1]
        assert written[budget["column"] - 1 :].startswith(key)
        assert not is_time or budget["low"] < budget["value"] < budget["high"]
        for style in ("text",) if is_time else ("text", "github", "junit", "markdown"):
            shown = mbcost("lock", "--check", "--format", style).out
            assert ("exceeded" in shown) == (not passed)
            assert ("80% interval" in shown) == is_time


def test_a_budget_of_a_network_replaces_the_general_one_and_a_limit_that_cannot_be_checked_fails(
    mbcost: Mbcost,
) -> None:
    mbcost("lock", "v2", NET)
    add_budget("  max-params: 1M\n  networks:\n    v2: {max-params: 4M, dtype: float32, max-flash: 20MiB}")
    code, answer = check(mbcost)
    assert (code, {(item["network"], item["limit"]) for item in answer["budgets"]}) == (
        0,
        {("v2", 4_000_000), (NET, 1_000_000), ("v2", 20 * 2**20)},
    )
    Path("list.yaml").write_text(
        "name: a\ninput: {channels: 3, resolution: [8, 8]}\ncolumns: [name, operator, input, output, k, s, d, g, bias, "
        "norm]\nlayers:\n  - [a, conv, 8x8x3, 8x8x8, 1x1, 1, 1, 1, false, ~]\n"
    )
    mbcost("lock", "list.yaml", "--output", "list.lock")
    text = Path("list.lock").read_text()
    Path("list.lock").write_text(text.replace("columns:", "budgets: {max-peak: 320KiB}\ncolumns:", 1))
    code, answer = check(mbcost, "list.lock")
    assert (code, answer["budgets"][0]["value"]) == (1, None)
    assert "cannot be checked" in mbcost("lock", "--check", "list.lock").out


def test_a_lock_that_is_written_again_keeps_budgets_and_their_comments(mbcost: Mbcost) -> None:
    mbcost("lock", NET, "v2")
    change("^columns:", f"{BUDGETS}\ncolumns:")
    result = mbcost("lock", "v2")
    assert result.out == f"wrote costs.lock: 1 network, 64 layers\nno longer in it: {NET}\n"
    assert BUDGETS in Path("costs.lock").read_text()
    mbcost("lock", "--dtype", "float32", "--allocator", "arena", "--convention", "fvcore")
    text = Path("costs.lock").read_text()
    assert BUDGETS in text
    assert "convention: fvcore\nallocator: arena\ndtype: float32\n" in text
    assert check(mbcost)[0] == 0
    change(re.escape(BUDGETS), "budgets: &a {max-params: &b 4M, networks: {v2: {max-mult-adds: *b}}}\n")
    assert mbcost("lock").code == 0
    change("^dtype: float32", "dtype: &d float32")
    change("budgets: &a {", "budgets: {dtype: *d, ")
    text = Path("costs.lock").read_text()
    assert "the budgets of the lock cannot be kept" in mbcost("lock").err
    assert Path("costs.lock").read_text() == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("lock: 2\n", "costs.lock:1:7: expected version 1 of locks, which mbcost"),
        ("networks: {}\n", "costs.lock:1:1: this is not a lock"),
        ("lokc: 1\nnetworks: {}\n", "costs.lock:1:1: this is not a lock"),
        ("lock: 1\n", "costs.lock:1:1: the key 'columns' is missing: add it"),
        ("lock: 1\ncolumns: [a]\nnetworks: {}\n", "costs.lock:2:10: expected the columns layer, operator"),
        ("lock: [1]\n", "costs.lock:1:7: expected version 1"),
        ("lock: 1\nlcok: 2\n", "costs.lock:2:1: unknown key 'lcok': did you mean 'lock'?"),
        ("lock: 1\ncolumns: {columns}\nnetworks: {v2: {params: -1}}\n", "costs.lock:3:"),
        ("lock: 1\ncolumns: {columns}\nnetworks: {v2: {params: 1, mult-adds: 1, layers: [[a]]}}\n", "expected 8 cells"),
        ("lock: 1\nconvention: nope\ncolumns: {columns}\nnetworks: {v2: {params: 1, mult-adds: 1, layers: []}}\n",
         "costs.lock: unknown convention 'nope'"),
        ("lock: 1\nbudgets: {max-mult-add: 6M}\ncolumns: {columns}\nnetworks: {}\n", "did you mean 'max-mult-adds'?"),
        ("lock: 1\nbudgets: {max-ram: 6M}\ncolumns: {columns}\nnetworks: {}\n", "did you mean 'max-peak'?"),
        ("lock: 1\nbudgets: [6M]\ncolumns: {columns}\nnetworks: {}\n", "costs.lock:2:10: "),
        ("lock: 1\nbudgets: {max-peak: 6MAC}\ncolumns: {columns}\nnetworks: {}\n", "costs.lock:2:11: max-peak: "),
        ("lock: 1\nbudgets: {max-latency: 6ms}\ncolumns: {columns}\nnetworks: {}\n", "max-latency has no device"),
        ("lock: 1\nbudgets: {device: pixle1-tflite}\ncolumns: {columns}\nnetworks: {}\n", "'pixel1-tflite'"),
        ("lock: 1\nbudgets: {networks: {v3: {max-params: 1}}}\ncolumns: {columns}\nnetworks: {}\n",
         "costs.lock has no network 'v3'"),
        ("lock: 1\nbudgets: {networks: {v3: 7}}\ncolumns: {columns}\nnetworks: {}\n", "v3 is not a mapping"),
        (BOMB, "values, counting every use of an alias"),
        ("lock: 1\n" + "[" * 5000, "nested"),
        ("lock: !!python/object/apply:os.system [ls]\n", "the tag"),
        ("\x00", "does not allow the character"),
    ],
)  # fmt: skip
def test_a_malformed_lock_is_refused_in_one_line_with_its_position(mbcost: Mbcost, text: str, message: str) -> None:
    columns = f"[{', '.join(COLUMNS)}]"
    Path("costs.lock").write_text(text.replace("{columns}", columns), encoding="utf-8")
    result = mbcost("lock", "--check")
    assert (result.code, result.out) == (2, "")
    assert message in result.err
    assert all(line.startswith("mbcost: error: costs.lock") for line in result.err.splitlines())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[tool.mbcost]\nmax-param = 1\n", "pyproject.toml:2:1: unknown key 'max-param': did you mean 'max-params'"),
        ("[tool.mbcost]\nmax-params = true\n", "pyproject.toml:2:1: max-params is not a text"),
        ("[tool]\n\n[tool.mbcost\n", "pyproject.toml:3:"),
        ("[tool.mbcost]\na" + ".a" * 50_000 + " = 1\n", "pyproject.toml:"),
        ("[tool.mbcost]\na = " + "[" * 50_000 + "\n", "pyproject.toml:"),
    ],
)
def test_a_malformed_project_is_refused_in_one_line(mbcost: Mbcost, text: str, message: str) -> None:
    mbcost("lock", NET)
    Path("pyproject.toml").write_text(text)
    result = mbcost("lock", "--check")
    assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)
    assert message in result.err


def test_the_nearest_project_with_a_table_counts(
    mbcost: Mbcost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("pyproject.toml").write_text('tool.mbcost = {"max-params" = 1}\n')
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "pyproject.toml").write_text("[tool.ruff]\nline-length = 120 # mbcost\n")
    monkeypatch.chdir(tmp_path / "a" / "b")
    mbcost("lock", NET)
    code, answer = check(mbcost)
    (budget,) = answer["budgets"]
    assert (code, budget["file"], budget["line"], budget["column"]) == (1, str(tmp_path / "pyproject.toml"), 1, 16)


def test_a_lock_runs_no_code_that_nobody_typed(mbcost: Mbcost) -> None:
    Path("evil.py").write_text("open('ran', 'w')\n")
    mbcost("lock", NET)
    change(NET, "./evil.py:make")
    for words in ((), ("--check",)):
        result = mbcost("lock", *words)
        assert result.code == 2
        assert "add --run-code if you trust the lock" in result.out + result.err
    assert not Path("ran").exists()


def test_a_check_imports_no_framework_and_numpy_only_for_a_latency(mbcost: Mbcost) -> None:
    mbcost("lock", NET, "v2")
    add_budget("  max-peak: 1GiB\n  max-flash: 1GiB")
    code = (
        "import sys; from mbcost.cli import run; code = run(['lock', '--check']); "
        "print([name for name in ('torch', 'numpy', 'onnx', 'rich') if name in sys.modules]); sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.splitlines()[-1], done.stderr) == (0, "[]", "")


def test_reports_for_programs_have_one_entry_per_network_and_limit(mbcost: Mbcost) -> None:
    mbcost("lock", NET, "v2")
    add_budget("  max-params: 1M")
    change(r"(1\.1\.pointwise.*, )160, 294912", r"\g<1>161, 294911")
    suite = ElementTree.fromstring(mbcost("lock", "--check", "--output", "-", "--format", "junit").out)
    assert (suite.get("tests"), suite.get("failures")) == ("4", "2")
    rows = list(csv.DictReader(io.StringIO(mbcost("lock", "--check", "--format", "csv").out)))
    assert [(row["layer"], row["params_difference"], row["mult_adds_difference"]) for row in rows] == [
        ("1.1.pointwise", "-1", "1")
    ]
    result = mbcost("lock", "--check", "--output", "report.md")
    assert (result.code, result.out) == (1, "")
    assert "| 1.1.pointwise |" in Path("report.md").read_text()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("lock", "no network is named: write one"),
        ("lock --check", "costs.lock: No such file: write it first"),
        ("lock --check a.lock b.lock", "two locks are given"),
        ("lock v2 a.lock", "a.lock is a lock and not a network"),
        ("lock -", "standard input cannot be locked"),
        ("lock v2 --format csv", "--format is for --check"),
        ("lock v2 --all", "--all is for --check"),
        ("lock --check --dtype int8", "--dtype is that of the lock"),
        ("lock v2 --output costs.yaml", "end it with .lock"),
        ("lock v2 --convention nope", "unknown convention 'nope'"),
        ("lock --check v2 --output costs.lock", "costs.lock means"),
    ],
)
def test_what_does_not_go_together_is_refused(mbcost: Mbcost, words: str, message: str) -> None:
    result = mbcost(*words.split())
    if message == "costs.lock means":
        mbcost("lock", "v2")
        result, message = mbcost(*words.split()), "is the file that is read"
    assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)
    assert message in result.err
