"""Any keys in any order: the state stays one that can be shown, and its costs are those of `mbcost table`."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from mbcost.analytic.reference import Settings, resolve_reference
from mbcost.cli.arguments import NetworkOptions, resolve_network
from mbcost.present.explore.command import list_words
from mbcost.questions.explore.answer import Answer, Problem, explore
from mbcost.questions.explore.keys import KEYS, Click, Room, click, press
from mbcost.questions.explore.moves import ENTRIES
from mbcost.questions.explore.state import State, begin
from mbcost.questions.explore.subject import SLIDERS, Scope, make_scope
from mbcost.spec.catalogue.library import specs_folder
from tests.cli.conftest import Mbcost, mbcost  # noqa: F401  # a fixture

PLAIN = Settings()
ENDING = ("q", "escape", "ctrl+c", "ctrl+q")
SAFE = [key for key in KEYS if key not in ENDING]


def start(reference: str, settings: Settings = PLAIN) -> tuple[State, Scope]:
    network = resolve_reference(reference, settings)
    scope = make_scope(reference.partition("@")[0].partition(":")[0], network, settings, ())
    return begin(network, scope, "macs"), scope


def after(keys: str, reference: str = "v2") -> State:
    state, scope = start(reference)
    for key in keys.split():
        state = press(state, key, scope)
    return state


@pytest.mark.parametrize(
    ("reference", "settings"),
    [("v2", {}), ("v3-large@0.75:timm", {"classes": 10}), ("v1", {"head": "64,bn,5"}), ("v3-small", {"top": False})],
)
def test_after_any_keys_the_costs_are_those_that_the_command_prints(
    mbcost: Mbcost,  # noqa: F811  # the fixture
    reference: str,
    settings: dict[str, object],
) -> None:
    state, scope = start(reference, Settings(**settings))  # type: ignore[arg-type]
    chosen, compared = random.Random(reference), 0
    for _ in range(100):
        key = chosen.choice([*SAFE, *"0123456789.x", "left", "right", "up", "down"])
        state = press(state, key, scope, Room(5, 60))
        assert not state.end
        if chosen.random() < 0.9:
            continue
        answer = explore(state.setting, scope)
        result = mbcost(*list_words(state.setting, scope)[1:], "--format", "json")
        if isinstance(answer, Problem):
            assert result.code == 2
            assert result.err.startswith(f"mbcost: error: {answer.message[:200]}")
            continue
        printed = json.loads(result.out)
        rows = [(row.name, row.params, row.mult_adds) for row in answer.costs.rows]
        assert {"params": answer.costs.params, "mult_adds": answer.costs.mult_adds} == {
            name: printed["totals"][name] for name in ("params", "mult_adds")
        }
        assert sorted((row["name"], row["params"], row["mult_adds"]) for row in printed["rows"]) == sorted(rows)
        compared += 1
    assert compared >= 3


def test_steps_jumps_ends_and_typed_numbers() -> None:
    assert after("pagedown").setting.alpha == 0.75
    assert after("right left").setting.alpha == 1.0
    assert after("down right").setting.resolution == (256, 256)
    assert after("down left left left pageup").setting.resolution == (160, 160)
    assert after("down 1 6 0 x 2 2 5 enter").setting.resolution == (160, 225)
    assert after("down 1 6 0 enter 2 2 4 enter").setting.resolution is None, "the table's own"
    assert after("0 . 6 up").setting.alpha == 0.6, "another key completes the number"
    assert after("0 . 6 escape").setting.alpha == 1.0
    assert after("0 . 6 backspace 7 enter").setting.alpha == 0.7
    assert after("down down 1 0 enter").setting.classes == 10
    assert after("down down pageup").setting.classes == 1001
    assert after("down down down right").setting.implementation == "keras"
    assert after("up end").setting.net == "v3-small-arxiv4"
    assert after("b b").setting.by == "stage"
    assert after("home").setting.alpha < 0.1


def test_a_number_that_is_none_is_a_message_and_changes_nothing() -> None:
    for keys in ("0 enter", ". . enter", "down 0 enter", "down x enter", "down down 0 enter"):
        state = after(keys)
        assert state.message
        assert state.setting == after("").setting
        assert state.entry == ""


def test_an_implementation_is_kept_where_the_network_has_it_and_dropped_where_not() -> None:
    state, scope = start("v3-small:mmpretrain")
    state = click(state, Click("network", "v3-large"), scope)
    assert state.setting.implementation == "mmpretrain"
    assert click(state, Click("network", "v1"), scope).setting.implementation is None


def test_what_cannot_be_built_is_a_problem_and_the_next_key_goes_on() -> None:
    state, scope = start("v2")
    for key in (*"9" * 20, "enter"):
        state = press(state, key, scope)
    answer = explore(state.setting, scope)
    assert isinstance(answer, Problem)
    assert "use a smaller alpha" in answer.message
    assert isinstance(explore(press(state, "left", scope).setting, scope), Answer), "back to the end of the slider"


def test_a_file_has_fixed_sliders_with_the_reason_and_leads_to_tables(tmp_path: Path) -> None:
    path = str(Path(__file__).parents[3] / "docs" / "model.tflite")
    network = resolve_network(path)
    scope = make_scope(path, network, NetworkOptions().parse(), ())
    state = begin(network, scope, "macs")
    for slider in ("alpha", "resolution", "classes", "implementation"):
        for key in ("left", "pageup", "end", "5"):
            pressed = press(State(state.setting, slider), key, scope)
            assert pressed.setting == state.setting
            if slider in ENTRIES or key != "5":
                assert "a file of a model has fixed numbers" in pressed.message
    answer = explore(state.setting, scope)
    assert isinstance(answer, Answer)
    assert (answer.costs.params, answer.at_one) == (467_336, None)
    table = click(state, Click("network", "v1"), scope)
    assert press(State(table.setting, "alpha"), "pagedown", scope).setting.alpha == 0.75
    own = tmp_path / "-my net.yaml"
    own.write_bytes((specs_folder() / "v2.yaml").read_bytes())
    state, scope = start(str(own))
    assert list_words(press(state, "left", scope).setting, scope) == ["mbcost", "table", str(own), "--alpha", "0.98"]
    assert SLIDERS.index(state.focus) == 0


def test_the_table_scrolls_within_its_rows() -> None:
    state, scope = start("v2")
    room = Room(8, 64)
    assert press(state, "G", scope, room).first == 56
    assert press(press(state, "G", scope, room), "j", scope, room).first == 56
    assert press(press(state, "d", scope, room), "k", scope, room).first == 3
    assert press(state, "k", scope, room).first == 0
    assert press(press(state, "j", scope, room), "b", scope, room).first == 0
