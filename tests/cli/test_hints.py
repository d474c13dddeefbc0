"""The first guesses of newcomers, and of users of other tools: each gets one line that says what to type instead."""

from __future__ import annotations

import re
from contextlib import redirect_stdout, suppress
from io import StringIO
from pathlib import Path
from time import perf_counter
from typing import Any

import click
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mbcost.cli.arguments import parse_alpha
from mbcost.cli.group import build_command, run_group
from mbcost.cli.hints import find_option, is_number, join_unit, list_shown, options_of
from mbcost.cli.registry import COMMANDS, Subgroup
from mbcost.cli.search.options import parse_alphas
from mbcost.cli.typography import find_typography
from mbcost.errors import MbcostError
from mbcost.spec.catalogue.intended import find_settings
from mbcost.spec.catalogue.library import FRAMEWORKS, NETWORKS, load_conventions, load_spec, specs_folder
from mbcost.spec.table import LIBRARIES
from tests.cli.conftest import Mbcost

GUESSES = [
    ("--flops", "name a command first, such as 'mbcost table v2 --columns mult-adds'"),
    ("table v2 --flops", "did you mean '--columns mult-adds' or '--convention NAME'?"),
    ("table v2 --macs", "did you mean '--columns mult-adds'?"),
    ("version", "did you mean 'mbcost --version'?"),
    ("-version", "did you mean '--version'?"),
    ("?", "did you mean 'mbcost --help'?"),
    ("latex", "did you mean 'mbcost table v2 --format latex'?"),
    ("md v1", "did you mean 'mbcost table v1 --format markdown'?"),
    ("v2", "did you mean 'mbcost table v2'?"),
    ("MobileNetV2 --alpha 0.75", "did you mean 'mbcost table MobileNetV2'?"),
    ("v2 memory", "did you mean 'mbcost memory v2'?"),
    ("mine.yaml", "did you mean 'mbcost table mine.yaml'?"),
    ("314M v2", "did you mean 'mbcost explain 314M'?"),
    ("net.py:make v2", "did you mean 'mbcost verify net.py:make v2'?"),
    ("ptflops v1", "did you mean 'mbcost table v1 --convention ptflops'?"),
    ("torchinfo v2", "did you mean 'mbcost table v2 --convention torchinfo'?"),
    ("netron v2", "did you mean 'plot'?"),
    ("formulas v2", "did you mean 'formula'?"),
    ("website v2", "did you mean 'page'?"),
    ("page --net v2", "write the network without it, as an argument"),
    ("plot", "the picture is missing: choose from layers, sweep, "),
    ("plot v2", "did you mean 'mbcost plot layers v2'?"),
    ("plot v1 v2 -o a.svg", "did you mean 'mbcost plot compare v1 v2'?"),
    ("formula v2", "the argument LAYER is missing, as in 'mbcost formula v2 1.1.depthwise'"),
    ("formula v3-large", "as in 'mbcost formula v3-large 1.1.depthwise'"),
    ("formula v2.2.1.expand", "as in 'mbcost formula v2 2.1.expand'"),
    ("formula 2.1.expand v2", "the network comes first, such as v2 2.1.expand"),
    ("formula v2 2.1", "choose from 2.1.expand, 2.1.depthwise, 2.1.project"),
    ("formula v2 --layer 2.1.expand", "write LAYER without it, as an argument"),
    ("explain 314 M v2", "write a number and its unit as one word: '314M'"),
    ("explain 314M v2 --params 3.5 M", "write a number and its unit as one word: '3.5M'"),
    ("explain 3.5M params v2", "write a number and its unit as one word: '3.5Mparams'"),
    ("explain v2 314M", "the number comes first: mbcost explain 314M v2"),
    ("explain 300M 3.4M v2", "give one number and one network"),
    ("sweep v2 320KB", "other numbers after their names"),
    ("fit v2 320KB", "did you mean '--ram 320KB' or '--flash 320KB'?"),
    ("sweep v2 --alpha 0.5 0.75", "write alphas as v2@0.75 or --alpha 0.5,0.75"),
    ("sweep v2 --alphas 0.5,1", "did you mean '--alpha'?"),
    ("compare v1 vs v2", "write only networks, such as v1 v2"),
    ("compare v1,v2", "write several networks as words: v1 v2"),
    ("diff v1", "the argument B is missing, as in 'mbcost diff "),
    ("table v1 v2", "did you mean 'mbcost compare v1 v2'?"),
    ("table latex v2", "the network comes first: 'mbcost table v2'"),
    ("table v2 help", "did you mean 'mbcost table --help'?"),
    ("table v2 alpha=0.75", "did you mean '--alpha 0.75'?"),
    ("table v2 size=96", "did you mean '--res 96'?"),
    ("table v2 alpha 0.75", "did you mean '--alpha 0.75'?"),
    ("table v2 /alpha:0.75", "did you mean '--alpha 0.75'?"),
    ("table v2 --alpha = 0.75", "write no blanks around '=': '--alpha=0.75'"),
    ("table v2 --alpha= 0.75", "write no blanks around '=': '--alpha=0.75'"),
    ("table v2 --res =160", "write no blanks around '=': '--res=160'"),
    ("table v2/0.75", "write an alpha after @, such as v2@0.75"),
    ("table v2.yaml", "did you mean the built-in network 'v2'?"),
    (
        "table v3.yaml",
        "v3.yaml: No such file or directory: did you mean the built-in network 'v3-large' or 'v3-small'?",
    ),
    ("diff v2 mobilenetv3.yml", "did you mean the built-in network 'v3-large' or 'v3-small'?"),
    ("table v2@0.75@160", "did you mean 'v2@0.75/160'?"),
    ("table v2/0.75/160", "did you mean 'v2@0.75/160'?"),
    ("table v2@0.75x160", "did you mean 'v2@0.75/160'?"),
    ("table v2@0.75-160x192", "did you mean 'v2@0.75/160x192'?"),
    ("table v2/160@0.75", "did you mean 'v2@0.75/160'?"),
    ("table v2:keras@0.75/160", "did you mean 'v2@0.75/160:keras'?"),
    ("table v2@0.75:160:keras", "did you mean 'v2@0.75/160:keras'?"),
    ("table v2:keras:timm", "expected NAME or FILE.yaml"),
    ("table v2@0.5-1", "it must be a number such as 0.75"),
    ("table v2 --alpha 0.5-1", "it must be a number such as 0.75"),
    ("table v2 --alpha ....", "it must be a number such as 0.75"),
    ("sweep v2 --alpha ....", "it must be a number such as 0.75"),
    ("table v2:pytorch", "did you mean 'torchvision' or 'timm'?"),
    ("table v2 --impl tf", "did you mean 'keras' or 'official'?"),
    ("table v1:hf", "did you mean 'transformers' or 'timm'?"),
    ("table v2 --convention tensorflow", "did you mean 'tf-profiler' or "),
    ("ledger v2 --convention tf", "or 'tflite' or 'vela' or 'keras'?"),
    ("table v2 --convention pytorch", "did you mean 'fvcore' or "),
    ("compare v2 --impl keras,torchvision", "compare v2:keras v2:torchvision"),
    ("table v2:keras,torchvision", "compare v2:keras v2:torchvision"),
    ("compare standard-vs-dws --in 0", "--in is 0: it must be at least 1"),
    ("compare standard-vs-dws --out x", "--out is 'x': it must be a whole number"),
    ("fit --sort implementation --ram x", "ram is 'x'"),
    ("plot layers v2 v1 -o x.svg", "did you mean 'mbcost plot compare v2 v1 --output x.svg'?"),
    ("table v2 --classes 10 m", "unexpected argument 'm': remove it"),
    ("table v2 --alpha 0.5 M", "unexpected argument 'M': remove it"),
    ("roofline v2 --bandwidth 2 GB/s --peak-macs 1G", "write a number and its unit as one word: '2GB/s'"),
    ("fit 320KiB", "did you mean '--ram 320KiB' or '--flash 320KiB'?"),
    ("fit v2 ram<320KiB", "did you mean '--ram 320KiB'?"),
    ("fit RAM=320KiB v2", "did you mean '--ram 320KiB'?"),
    ("fit sram:320KiB", "did you mean '--ram 320KiB'?"),
    ("fit rom<=1MiB", "did you mean '--flash 1MiB'?"),
    ("fit v2 <60M", "did you mean '--mult-adds 60M' or '--params 60M'?"),
    ("fit 30ms", "did you mean '--max-latency 30ms'?"),
    ("fit --board stm32h743", "state what the device has, as in 'mbcost fit --ram 320KiB --flash 1MiB'"),
    ("memory v2 --ram=320KiB", "it is an option of fit and other commands: 'mbcost fit v2 --ram 320KiB'"),
    (
        "table --max-latency 9ms v2@0.5",
        "it is an option of fit and other commands: 'mbcost fit v2@0.5 --max-latency 9ms'",
    ),
    ("fit --phone pixel1", "phones are devices now, as in 'mbcost fit --max-latency 30ms --device pixel1-tflite'"),
    ("table v2 --zeros", "it is an option of ledger: 'mbcost ledger v2 --zeros'"),
    ("memory v2 --peak", "did you mean '--by allocator'?"),
    ("ledger v2 --params", "did you mean '--quantity params'?"),
    ("ledger v2 --flops", "did you mean '--quantity mult-adds'"),
    ("export mynet.yaml", "did you mean 'mbcost export v2 --output mynet.yaml'?"),
    ("check v2 --strict", "specs are always checked strictly: remove it"),
    ("formula depthwise", "the argument LAYER is missing, as in 'mbcost formula v1 1.1.depthwise'"),
    ("compare", "the argument NET... is missing, as in 'mbcost compare standard-vs-dws'"),
    ("table v2@0.75\u00a0", "has U+00A0, which is not a usual blank: did you mean 'v2@0.75'?"),
    ("table v2 --alpha=0.75\u200b", "has U+200B, which is not a usual blank: did you mean '--alpha=0.75'?"),
    ("table v2@0.75:160", "did you mean 'v2@0.75/160'?"),
    ("explain --params 3.5 M v2", "write a number and its unit as one word: '3.5M'"),
    ("explain v2 --mult-adds 300 M", "write a number and its unit as one word: '300M'"),
    ("roofline v2@0.5 --params", "did you mean 'mbcost table v2@0.5 --columns params'?"),
    ("show v1 --macs", "did you mean 'mbcost table v1 --columns mult-adds'?"),
    ("mbcost table v2", "did you mean 'mbcost table v2'?"),
    ("table v2 --pytorch", "did you mean '--impl torchvision'?"),
    ("table v2 --version", "it comes without a command: 'mbcost --version'"),
    ("table v2 --no-color", "colours are switched by NO_COLOR and FORCE_COLOR: remove it"),
    ("diff v2 torchvision", "write an implementation after a colon, such as v2:torchvision"),
    ("compare depthwise", "did you mean 'standard-vs-dws'?"),
    ("sweep v2 --alpha 0.25-1", "write a range with its step, such as 0.25:1:0.05"),
    ("explain 314.192.123 v2", "did you mean 314,192,123?"),
    ("explain 314,19M v2", "did you mean 314.19M?"),
    ("verify a:b --kwargs a 1 v2", "write --kwargs NAME=VALUE as one word"),
    ("table v2 @0.75", "write it with the network, such as v2@0.75/160"),
    ("table v2 --columns layer params", "did you mean '--columns layer,params'?"),
    ("table v2-0.75", "did you mean 'v2@0.75'?"),
    ("table v2x0,5", "did you mean 'v2@0.5'?"),
    ("table v2 --alpha 75%", "did you mean 0.75?"),
    ("table v2 --res 1,3,224,160", "did you mean 224x160?"),
    ("table v2 --res (1,224,160,3)", "did you mean 224x160?"),
    ("table v2 --res 224px", "did you mean 224?"),
    ("table model.onnx", "model.onnx: No such file or directory"),
    ("table model.pth", "pickle, which runs code when it is read: name what builds the model"),
    ("compare v2 model.safetensors", "weights and no layers"),
    ("table saved_model.pb", "convert it with tf.lite.TFLiteConverter"),
    ("sweep model.onnx", "there is nothing to sweep"),
    ("validate model.tflite", "use mbcost verify"),
    ("show model.onnx", "use mbcost table"),
    ("check model.onnx", "check reads tables in YAML"),
    ("published model.onnx", "mbcost explain NUMBER"),
    ("explain model.onnx 300M", "the number comes first"),
    ("fit v1 model.onnx --flash 1MiB", "v1 is a table, which is searched"),
    ("table v2 --input a=1x3x32x32", "write --res instead"),
    ("table v2 --kwargs width=1", "v2 is a table"),
    ("table v2 --type onnx", "for standard input"),
    ("table nosuch.models:make", "there is no module nosuch"),
    ("table net.py:make", "net.py: No such file"),
    ("table torchvision.models.mobilenet_v2", "write a model in Python as MODULE:FACTORY"),
    ("table all", "mbcost nets lists them"),
    ("table net=v2", "did you mean 'v2'?"),
    ("table v2 --batch-size 1", "costs are those of one image: remove it"),
    ("table v2 --pretrained", "costs do not depend on the values of the weights: remove it"),
    ("table --list", "mbcost nets and mbcost conventions list what there is"),
    ("table v2 -a 0.75", "did you mean '--alpha'?"),
    ("table v2 --col layer", "did you mean '--columns'?"),
    ("table v2 --depth 2", "did you mean '--by'?"),
    ("table v2 --limit 5", "--sort mult-adds shows the most expensive rows first: remove it"),
    ("memory v2 --ram 320KB", "it is an option of fit and other commands: 'mbcost fit v2 --ram 320KB'"),
    ("memory v2 --dtype fp16", "did you mean 'float16'?"),
    ("memory v2 --dtype 8", "did you mean 'int8'?"),
    ("sweep v2 --res 96:224", "expected start:stop:step, such as 96:224:32"),
    ("memory v2 --int8", "did you mean '--dtype int8'?"),
    ("ledger v2 fvcore ptflops", "did you mean '--convention fvcore,ptflops'?"),
    ("roofline v2 stm32", "did you mean '--device stm32h743'?"),
    ("roofline v2 --gflops 100", "did you mean '--peak-macs'?"),
    ("export v2 out.yaml", "did you mean '--output out.yaml'?"),
    ("verify v2", "'v2' is a network: name the model first"),
    ("verify --model a:b v2", "write MODEL without it, as an argument"),
]


@pytest.mark.parametrize(("guess", "remedy"), GUESSES)
def test_a_guess_is_answered_with_what_to_type(mbcost: Mbcost, guess: str, remedy: str) -> None:
    result = mbcost(*guess.split(" "))
    assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)
    assert remedy in result.err


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("v2\u00a0--alpha", "v2 --alpha"), ("\u2013\u2013alpha", "--alpha"), ("\u2014alpha", "--alpha"),
        ("\u2212f", "-f"), ("-\u2013res", "--res"), ("\u201cv2\u201d", "v2"), ("'v2'", "v2"), ("v2,", "v2"),
        ("v2;", "v2"), ("\uff56\uff12", "v2"), ("v3\u2011large", "v3-large"), ("v2\u200b", "v2"),
    ],
)  # fmt: skip
def test_a_character_that_looks_like_the_right_one_is_named(mbcost: Mbcost, typed: str, plain: str) -> None:
    result = mbcost("table", *(["v2", typed, "0.75"] if plain.startswith("-") else [typed]))
    assert result.code == 2
    assert result.err.endswith(f": did you mean '{plain}'?\n")


@pytest.mark.parametrize("wrong", ["--convention=nope", "--alpha=9x", "--impl=nope", "--columns=nope"])
@pytest.mark.parametrize("odd", ["314\u00a0M", "314\u202fM", "my\u00a0net.yaml", "\U0001f469\u200d\U0001f680.yaml"])
def test_an_odd_character_never_hides_a_different_error(
    mbcost: Mbcost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: str, odd: str
) -> None:
    monkeypatch.chdir(tmp_path)
    if odd.endswith(".yaml"):
        Path(odd).write_text(Path(specs_folder() / "v2.yaml").read_text())
    words = [odd] if odd.endswith(".yaml") else [odd, "v2"]
    command = "explain" if odd.endswith("M") else "table"
    typed = [command, *words, wrong]
    if command == "explain" and "columns" in wrong:
        typed[-1:] = ["--format=nope"]
    message = mbcost(*typed).err
    assert typed[-1].partition("=")[2] in message, message
    assert "did you mean" not in message.partition("U+")[2]
    assert "U+" not in message


@pytest.mark.parametrize("name", sorted(set(COMMANDS) - {"validate", "schema", "verify", "check"}))
def test_an_empty_argument_too_many_is_refused_in_one_line(mbcost: Mbcost, name: str) -> None:
    for words in (["v2", ""], ["v2", "", ""], ["v2", "", "json"], ["v2", "1.1", ""], ["", "v2"]):
        result = mbcost(name, *words)
        assert (result.code, result.err.count("\n")) == (2, 1), (words, result.err)


def test_every_word_for_a_library_or_a_framework_means_one_that_there_is() -> None:
    implementations = {name for network in NETWORKS for name in load_spec(network).implementations}
    assert {name for names in LIBRARIES.values() for name in names} <= implementations
    assert {name for names in FRAMEWORKS.values() for name in names} <= {
        convention.framework for convention in load_conventions().values() if not convention.earlier
    }


@pytest.mark.parametrize("word", ["params", "flops", "activations"])
def test_a_column_is_suggested_only_for_a_table_that_has_it(word: str) -> None:
    shown = {name: list_shown(click.Context(command, info_name=name)) for name, command in commands().items()
             if any(param.name == "columns" for param in command.params)}  # fmt: skip
    for name, command in commands().items():
        meant = find_option(word, click.Context(command, info_name=name))
        option, value = (meant or "x x").split()
        assert option != "--columns" or value in shown[name]
        assert option == "--quantity" or name != "ledger" or word == "activations"
    assert all("params" in shown[name] for name in ("table", "sweep", "nets", "fit"))
    assert not any("params" in shown[name] for name in ("memory", "check", "conventions", "ledger"))


def test_a_spec_is_suggested_for_its_name_without_the_ending(
    mbcost: Mbcost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mynet.yaml").write_text("")
    assert "did you mean 'mynet.yaml'?" in mbcost("check", "mynet").out
    assert "did you mean" not in mbcost("check", "nonet").out


DECIMALS = st.sampled_from(["0", "0.5", ".5", "1", "1.", "0.75", "1.4", "2", "20", "."])


@given(st.lists(DECIMALS, min_size=1, max_size=3), st.sampled_from(["-", "..", "to", " ", " to ", "/", "x", "%"]))
def test_what_is_suggested_for_an_alpha_can_be_read_there(parts: list[str], separator: str) -> None:
    """With the one number of most commands, and with the lists of a sweep."""
    text = separator.join(parts)
    for read in (parse_alpha, parse_alphas):
        try:
            read(text)
        except MbcostError as error:
            meant = re.search(r"(?:such as |did you mean |values as )([^?]*)\??$", str(error))
            zero = "0" in parts and " " in text  # each number of this list is refused on its own
            if meant and not zero:
                read(meant[1])


@given(
    st.permutations([("@", "0.75"), ("/", "160"), (":", "keras")]), st.integers(1, 3), st.lists(st.sampled_from("@/:"))
)
def test_settings_in_any_order_are_put_in_the_right_one(
    settings: list[tuple[str, str]], number: int, signs: list[str]
) -> None:
    given_settings = settings[:number]
    typed = [(*signs[index : index + 1], sign)[0] + value for index, (sign, value) in enumerate(given_settings)]
    right = "v2" + "".join(
        sign + value for sign, value in sorted(given_settings, key=lambda pair: "@/:".index(pair[0]))
    )
    assert find_settings("v2", "".join(typed)) == right


@settings(max_examples=50)
@given(st.lists(st.from_regex(r"[a-z0-9@/:.=-]{1,8}", fullmatch=True), max_size=4), st.text(max_size=20))
def test_usual_characters_are_never_blamed(words: list[str], message: str) -> None:
    assert find_typography(words, message) is None


@settings(max_examples=50)
@given(st.lists(st.text(max_size=6), max_size=4), st.text(max_size=20))
def test_any_words_can_be_looked_at(words: list[str], message: str) -> None:
    find_typography(words, message), join_unit(words), [is_number(word) for word in words]


WORDS = st.one_of(
    st.sampled_from(
        [
            "",
            " ",
            "=",
            "--",
            "--=",
            "@",
            "/",
            ":",
            "v2",
            "v2@",
            "8",
            "M",
            "x=",
            "=x",
            "--x=",
            "vs",
            "'",
            "\u2013",
            "?",
            5000 * "x",
        ]
    ),
    st.text(max_size=4).filter(lambda word: word[:1] != "-"),
)


@settings(max_examples=80)
@given(
    st.sampled_from(["table", "formula", "show", "compare", "plot", "plot layers", "conventions", "nope", ""]),
    st.lists(WORDS, max_size=3),
)
def test_no_command_line_is_a_fault_of_mbcost(name: str, words: list[str]) -> None:
    with redirect_stdout(StringIO()), suppress(MbcostError):
        assert run_group([*name.split(), *words]) in (0, 1, 2)


@pytest.mark.parametrize("part", ["-", "1,", "x0.", "1x", "\u2013", "'", "=", "a-", "1 M"])
def test_a_very_long_word_is_refused_at_once(mbcost: Mbcost, part: str) -> None:
    word = part * 30_000
    start = perf_counter()
    for words in (
        ["table", word],
        ["table", "v2", word],
        ["table", "v2", "--res", word],
        [word],
        ["compare", "--x", word],
    ):
        assert mbcost(*words).code == 2
    assert perf_counter() - start < 10, "five commands that take milliseconds for a short word"


def commands() -> dict[str, Any]:
    """Return every command, and every command of a subgroup, by its words."""
    built: dict[str, Any] = {}
    for name, command in COMMANDS.items():
        target = command.load()
        members = target.commands.items() if isinstance(target, Subgroup) else [("", target)]
        built |= {f"{name} {member}".strip(): build_command(function) for member, function in members}
    return built


OPTIONS = [(name, option) for name, command in commands().items() for param in options_of(command.params)
           for option in param.opts if option.startswith("--")]  # fmt: skip


@pytest.mark.parametrize("slip", [str.upper, lambda option: option.replace("-", "_").replace("__", "--", 1) + "s",
                                  lambda option: f"{option[:-1]}", lambda option: option[1:]])  # fmt: skip
def test_every_option_is_suggested_for_a_slip_of_it(slip: Any) -> None:
    """Written in capitals, as a plural with underscores, without its last letter, or with one hyphen."""
    from mbcost.cli.hints import list_options
    from mbcost.cli.usage import check_hyphens, describe_usage_error

    built = commands()
    for name, option in OPTIONS:
        command, typed = built[name], slip(option)
        known = list_options(command.params)
        if typed in known or len(typed) < len("--res"):
            continue
        try:
            check_hyphens([typed], command.params)
            context = click.Context(command, info_name=name)
            message = describe_usage_error(click.NoSuchOption(typed, ctx=context), f"mbcost {name}", [])
        except Exception as error:
            message = str(error)
        assert re.search(rf"did you mean .*'{option}'", message), (name, typed, message)
