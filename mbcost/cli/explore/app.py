"""The full-screen program: keys, clicks and the size of the terminal go in, lines come out. It decides nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from mbcost.cli.explore.session import Session
from mbcost.present.explore.line import Line
from mbcost.questions.explore.state import State
from mbcost.questions.explore.subject import Scope

if TYPE_CHECKING:
    from textual.app import App
    from textual.strip import Strip
    from textual.widget import Widget


STYLES: Mapping[str, str] = {
    "": "none", "label": "none", "focus": "bold reverse", "value": "bold", "dim": "dim", "mark": "yellow",
    "knob": "bold cyan", "title": "bold",
    "header": "bold underline", "bar": "cyan", "error": "bold red", "command": "green",
}  # fmt: skip
"""The look of each style, in the terminal's own sixteen colours; without colours, what is bold or reversed remains."""


def build_app(state: State, scope: Scope, *, blocks: bool = True) -> App[State | Exception]:
    """Return the program that shows a state until the user ends it.

    Its result is the last state, or an error that nobody foresaw.

    Args:
        state: what is shown first.
        scope: the networks to choose from.
        blocks: whether characters beyond ASCII are drawn.
    """
    from textual import events
    from textual.app import App, ComposeResult

    session = Session(state, scope, blocks=blocks)
    canvas, catch_up = _build_canvas(session)

    class Explorer(App[State | Exception]):
        """The explorer."""

        CSS = "Screen { background: ansi_default; } Canvas { width: 100%; height: 100%; }"
        TITLE = "mbcost explore"
        ENABLE_COMMAND_PALETTE = False
        ALLOW_SELECT = False

        def __init__(self) -> None:
            super().__init__(ansi_color=True)
            self.session = session

        def compose(self) -> ComposeResult:
            yield canvas

        async def on_event(self, event: events.Event) -> None:
            """Take every key, before the library's own meanings of Tab, Ctrl-C and Ctrl-Q, and the wheel."""
            if isinstance(event, events.Key):
                key = event.character if event.is_printable and event.character else event.key
                if key == "y" and session.state.help_line is None:
                    self.copy_to_clipboard(session.command)
                if key == "ctrl+z":
                    self.action_suspend_process()
                session.take_key(key)
            elif isinstance(event, events.MouseScrollDown | events.MouseScrollUp):
                session.take_wheel("j" if isinstance(event, events.MouseScrollDown) else "k")
            else:
                await super().on_event(event)
                return
            catch_up()

    return Explorer()


def _build_canvas(session: Session) -> tuple[Widget, Callable[[], None]]:
    """Return the widget that shows a session and passes on what the mouse does, and what makes it draw the session."""
    from textual import events
    from textual.geometry import Region
    from textual.widget import Widget

    class Canvas(Widget):
        """The screen."""

        is_stale = False

        def render_line(self, y: int) -> Strip:
            lines = session.frame.lines
            return _paint(lines[y] if y < len(lines) else (), self.size.width)

        def on_resize(self) -> None:
            self.redraw()

        def on_click(self, event: events.Click) -> None:
            session.take_click(event.x, event.y)
            self.catch_up()

        def catch_up(self) -> None:
            """End the program, or draw the state when nothing else is waiting."""
            if session.result is not None:
                self.app.exit(session.result)
            elif not self.is_stale:
                self.is_stale = True
                self.call_later(self.redraw)

        def redraw(self) -> None:
            """Send the terminal only those lines that differ."""
            self.is_stale = False
            width, height = self.size
            if changed := session.redraw(width, height):
                self.refresh(*(Region(0, y, width, 1) for y in changed))
            if session.result is not None:
                self.app.exit(session.result)

    canvas = Canvas()
    return canvas, canvas.catch_up


def _paint(line: Line, width: int) -> Strip:
    """Return a line as the terminal library takes it."""
    from rich.segment import Segment
    from rich.style import Style
    from textual.strip import Strip

    segments = [Segment(piece.text, Style.parse(STYLES[piece.style])) for piece in line if piece.text]
    return Strip(segments).adjust_cell_length(width)
