"""Errors in Python name parameters, and leave alone what the caller wrote; every expectation is written out."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

import mbcost
from mbcost.errors import SpecError
from mbcost.python.wording import speak_python

NAMES = (
    "my--force.yaml", "--force.yaml", "no-top/in-channels.yaml", "./no-top/x--res.yaml", "a/b--kwargs x=VALUE.yaml",
    "in-channels", "a --res b.yaml", "--res b/net.yaml", "the options/peak-macs", "it's --impl/net.yaml",
    "an option.yml",
)  # fmt: skip
"""Names of files that have options, or words about options, in them."""


@pytest.mark.parametrize("name", NAMES)
def test_the_name_of_a_file_stays_as_it_is(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shown = name.removeprefix("./")
    with pytest.raises(mbcost.MbcostError) as caught:
        mbcost.network(Path(name))
    assert str(caught.value) == f"{shown}: No such file or directory"
    if name.endswith(".yaml"):
        with pytest.raises(mbcost.MbcostError) as caught:
            mbcost.sweep(f"{name}@0.5/96")
        assert str(caught.value) == f"{shown}: No such file or directory"
    file = tmp_path / name
    file.parent.mkdir(exist_ok=True)
    file.write_text("name: [", encoding="utf-8")
    with pytest.raises(SpecError) as caught_spec:
        mbcost.network(Path(name))
    assert str(caught_spec.value).removeprefix("./").startswith(f"{shown}:1:7: not YAML")
    assert caught_spec.value.problems == (str(caught_spec.value),)


SAID: dict[str, tuple[Callable[[], object], str]] = {
    "a number": (
        lambda: mbcost.network("0.75"),
        "unknown network '0.75': write alphas as v2@0.75 and resolutions as v2/160, and other numbers after their "
        "names",
    ),
    "code": (
        lambda: mbcost.network("net.py"),
        "unknown network 'net.py': add what builds the model after a colon, such as ./net.py:make",
    ),
    "a call": (
        lambda: mbcost.verify("torch:nn(a=1)", "v2"),
        "'torch:nn(a=1)' calls the factory: write torch:nn, and add arguments={'NAME': VALUE}",
    ),
    "a model with arguments": (
        lambda: mbcost.verify("tests.python.own:MODEL", "v2", arguments={"width": 1}),
        "tests.python.own:MODEL is already a model and takes no arguments: remove arguments",
    ),
    "arguments that are missing": (
        lambda: mbcost.verify("tests.python.own:make", "v2"),
        "tests.python.own:make needs width and mult: add arguments={'width': VALUE, 'mult': VALUE}",
    ),
    "a setting twice": (
        lambda: mbcost.network("v2/160", resolution=96),
        "the resolution is given twice, in 'v2/160' and as an argument: remove one",
    ),
    "a device": (
        lambda: mbcost.fit(device="pixel1-tflite"),
        "device needs max_latency: state the most milliseconds, such as max_latency 30ms",
    ),
    "a grouping": (
        lambda: mbcost.network("v2").table("fvcore"),
        "unknown grouping 'fvcore': choose from layer, block, stage; a convention is given as convention='fvcore'",
    ),
    "bytes": (
        lambda: mbcost.fit(ram="320KiB"),  # type: ignore[arg-type]
        "ram is '320KiB': it must be a number of bytes such as 320 * 1024, not text",
    ),
    "bytes below zero": (
        lambda: mbcost.fit(flash=-1),
        "flash is -1: it must be a number of bytes that is not negative",
    ),
    "text": (
        lambda: mbcost.network("v2", alpha="0.75"),  # type: ignore[arg-type]
        "alpha is '0.75': it must be a number such as 0.75, not text",
    ),
    "no text": (lambda: mbcost.network("v2", head=7), "head is 7: it must be text"),  # type: ignore[arg-type]
}  # fmt: skip


@pytest.mark.parametrize("name", SAID)
def test_a_message_makes_sense_in_python(name: str) -> None:
    call, message = SAID[name]
    with pytest.raises(mbcost.MbcostError) as caught:
        call()
    assert str(caught.value) == message


KEPT = (
    "run `mbcost verify NET --find`, or mbcost export --from",
    "unknown \"--res\", 'no-top'",
    "no-top.yaml, in-channels/x, x.in-channels, a\\peak-macs, top-no-top, net.py:no-top, no-top:make",
)


def test_words_about_options_are_parameters() -> None:
    expected = {
        "leave out an option, or add --force": "leave out an argument, or add force=True",
        "remove the options": "remove the other arguments",
        "--device needs --max-latency": "device needs max_latency",
        "use a smaller --limit, or --find": "use a smaller limit, or find=True",
        "peak-macs is missing (see --res, --impl)": "peak_macs is missing (see resolution, implementation)",
        **dict.fromkeys(KEPT),
    }
    assert {message: speak_python(message) for message in expected} == {
        message: words or message for message, words in expected.items()
    }


def test_a_keyword_that_no_function_has_is_one_plain_error() -> None:
    with pytest.raises(TypeError, match=r"network\(\) got an unexpected keyword argument 'width'") as caught:
        mbcost.network("v2", width=1)  # type: ignore[call-arg]
    assert "During handling" not in "".join(traceback.format_exception(caught.value))
