"""The screen at any size: as high and at most as wide as the terminal, with the numbers of `mbcost table`."""

from __future__ import annotations

import random
import re

import pytest

import mbcost
from mbcost.analytic.reference import Settings
from mbcost.cli.explore.app import STYLES
from mbcost.present.cost.table import as_table
from mbcost.present.explore.line import find_target, line_text, measure
from mbcost.present.explore.screen import SIDE_BY_SIDE, draw
from mbcost.present.text import Screen, render_text
from mbcost.questions.explore.answer import Answer, Problem, explore
from mbcost.questions.explore.keys import KEYS, click, press
from mbcost.questions.explore.moves import SIDE_STEP
from mbcost.questions.explore.subject import SLIDERS
from tests.questions.explore.test_keys import ENDING, start
from tools.screens import PAGE, rewrite

PLAIN = Settings()
SAFE = [key for key in KEYS if key not in ENDING]


def text_of(reference: str, width: int, height: int, *keys: str, settings: Settings = PLAIN) -> list[str]:
    state, scope = start(reference, settings)
    for key in keys:
        state = press(state, key, scope)
    return [line_text(line).rstrip() for line in draw(state, scope, width, height).lines]


def test_the_lines_fit_the_terminal_after_any_keys_and_clicks_at_any_size() -> None:
    chosen = random.Random(24)
    state, scope = start("v3-large@0.75")
    for _ in range(60):
        width, height = chosen.choice([(80, 24), (60, 20), (200, 60), (chosen.randint(0, 150), chosen.randint(0, 50))])
        frame = draw(state, scope, width, height, blocks=chosen.random() < 0.7)
        assert len(frame.lines) == (height if width else 0)
        assert all(measure(line) <= width for line in frame.lines)
        assert all(piece.style in STYLES for line in frame.lines for piece in line)
        assert all(line_text(line).isprintable() for line in frame.lines)
        line = chosen.choice(frame.lines or ((),))
        target = find_target(line, chosen.randint(0, max(width, 1)))
        if target is not None and chosen.random() < 0.5:
            state = click(state, target, scope)
            assert state.focus == target.slider in SLIDERS
        else:
            state = press(state, chosen.choice([*SAFE, *"0123456789.x"]), scope, frame.room)


@pytest.mark.parametrize(("width", "height"), [(80, 24), (60, 20), (140, 40), (48, 18)])
def test_the_totals_and_the_rows_are_those_of_the_table(width: int, height: int) -> None:
    chosen = random.Random(width)
    state, scope = start("v2")
    for _ in range(8):
        state = press(state, chosen.choice(["left", "right", "pageup", "pagedown", "down", "j", "G", "b", "s"]), scope)
        answer = explore(state.setting, scope)
        if isinstance(answer, Problem):
            continue
        setting = state.setting
        network = mbcost.network(
            setting.net, alpha=setting.alpha, resolution=setting.resolution, implementation=setting.implementation,
            classes=setting.classes,
        )  # fmt: skip
        lines = [line_text(line) for line in draw(state, scope, width, height, blocks=False).lines]
        shown = "\n".join(lines)
        assert re.search(rf"params +{network.params(setting.convention):,} ", shown)
        assert re.search(rf"mult-adds +{network.mult_adds(setting.convention):,} ", shown)
        sort = "mult_adds" if setting.by_cost else None
        table = as_table(answer.costs, sort=sort)
        printed = set(render_text(table, Screen(width=width)).splitlines())
        header = next(index for index, line in enumerate(lines) if line.startswith(setting.by + " "))
        rows = [line.rstrip() for line in lines[header + 1 : -2] if not line.startswith("$ ")]
        assert len(rows) >= 3
        if width != 48:  # where the table itself does without the bars
            assert set(filter(None, rows)) <= printed


def test_a_problem_a_typed_number_and_what_is_published_are_shown() -> None:
    shown = text_of("v2", 80, 24, *"9" * 20, "enter")
    assert any(line.startswith("row 0 of v2: alpha 1e+20 makes it too wide to count exactly") for line in shown)
    assert shown[-2] == "$ mbcost table v2 --alpha 1e+20"
    assert "alpha           0.6_" in text_of("v2", 80, 24, "0", ".", "6")[0]
    totals = text_of("v2", 80, 24)[7:10]
    assert totals[0].split()[:6] == ["params", "3,504,872", "1.0000", "3.4M", "differs,", "in"]
    assert "300M agrees, in paper_v2" in totals[1]
    assert "of alpha 1" not in "".join(text_of("v2", 80, 24, "?")[:3])
    assert not any("agrees" in line for line in text_of("v2", 80, 24, settings=Settings(top=False)))


def test_the_help_names_every_key_page_by_page_and_any_key_goes_on() -> None:
    state, scope = start("v2")
    for width, height in ((80, 24), (60, 20), (40, 5)):
        pages, helped = [""], press(state, "?", scope)
        while helped.help_line is not None:
            frame = draw(helped, scope, width, height)
            pages += [line_text(line) for line in frame.lines[:-1]]
            helped = press(helped, "x", scope, frame.room)
        assert helped == state
        text = " ".join(pages)
        names = {"shift+left": "Shift + arrow", "shift+right": "Shift + arrow", "shift+tab": "Tab", "escape": "Esc"}
        for key in KEYS:
            if key not in ("enter", "backspace", "?", "ctrl+q", "ctrl+c"):
                assert names.get(key, key).replace("page", "Page").lower() in text.lower(), key
    assert press(press(state, "?", scope), "q", scope, frame.room) == state, "q leaves the help, not the program"


def test_the_peaks_are_those_of_the_memory_command() -> None:
    state, scope = start("v3-small@0.75/160")
    answer = explore(state.setting, scope)
    assert isinstance(answer, Answer)
    shown = " ".join(line_text(line) for line in draw(state, scope, 80, 24).lines)
    for row in mbcost.memory("v3-small@0.75/160").peaks:
        assert re.search(rf"{row.allocator} +{row.bytes:,} B", shown)


def test_the_page_shows_the_screen() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert rewrite(text) == text, "run python -m tools.screens"
    assert text.count("<!-- screen") >= 2
    assert f"from {SIDE_BY_SIDE} columns on" in text
    assert f"has {SIDE_STEP} pixels" in text
