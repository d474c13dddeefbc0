"""The full-screen program, driven by keys and clicks: what it shows is what `mbcost.network` counts."""

from __future__ import annotations

import asyncio
import random
import re
from typing import Any

import pytest

import mbcost
from mbcost.cli.explore.app import build_app
from mbcost.questions.explore.answer import Answer, explore
from tests.questions.explore.test_keys import start

pytest.importorskip("textual")


def lines_of(app: Any) -> list[str]:
    """The lines that are painted."""
    canvas = app.query_one("Canvas")
    return [canvas.render_line(y).text for y in range(canvas.size.height)]


async def _drive(width: int, height: int, seed: int) -> None:
    chosen = random.Random(seed)
    state, scope = start("v2")
    app: Any = build_app(state, scope)
    async with app.run_test(size=(width, height)) as pilot:
        for _ in range(5):
            key = chosen.choice(["left", "right", "pageup", "pagedown", "up", "down", "tab", "b", "s", "j", "G", "9"])
            await pilot.press(key, *(["enter"] if key == "9" else []))
            await pilot.pause()
            setting, lines = app.session.state.setting, lines_of(app)
            assert [len(line) for line in lines] == [width] * height
            if not isinstance(explore(setting, scope), Answer):
                continue
            network = mbcost.network(
                setting.net, alpha=setting.alpha, resolution=setting.resolution,
                implementation=setting.implementation, classes=setting.classes,
            )  # fmt: skip
            text = "\n".join(lines)
            assert re.search(rf"params +{network.params(setting.convention):,} ", text)
            assert re.search(rf"mult-adds +{network.mult_adds(setting.convention):,} ", text)
        await pilot.press("y")
        assert app.clipboard == app.session.command
        await pilot.press("q")
    assert app.return_value.end == "quit"


@pytest.mark.parametrize(("width", "height"), [(80, 24), (60, 20), (140, 36)])
def test_what_is_painted_after_any_keys_is_what_is_counted(width: int, height: int) -> None:
    asyncio.run(_drive(width, height, seed=width))


async def _click_and_resize() -> None:
    state, scope = start("v2")
    app: Any = build_app(state, scope)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        before = lines_of(app)
        await pilot.click("Canvas", offset=(before[3].index("keras"), 3))
        await pilot.pause()
        assert app.session.state.setting.implementation == "keras"
        await pilot.click("Canvas", offset=(before[0].index("┼"), 0))
        await pilot.pause()
        assert app.session.state.setting.alpha == 0.35
        await pilot.resize_terminal(100, 30)
        await pilot.pause()
        assert len(lines_of(app)) == 30
        assert "--alpha 0.35 --impl keras" in lines_of(app)[-2]
        await pilot.press("ctrl+q")
    assert app.return_value.end == "quit"


def test_clicks_choose_and_a_resized_terminal_is_filled() -> None:
    asyncio.run(_click_and_resize())


def test_an_error_that_nobody_foresaw_ends_the_program_and_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    state, scope = start("v2")
    app: Any = build_app(state, scope)

    async def fail() -> None:
        async with app.run_test(size=(80, 24)) as pilot:
            await pilot.pause()
            monkeypatch.setattr("mbcost.cli.explore.session.press", lambda *_: 1 / 0)
            await pilot.press("left")

    asyncio.run(fail())
    assert isinstance(app.return_value, ZeroDivisionError)
