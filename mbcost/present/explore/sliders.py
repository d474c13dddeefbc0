"""The sliders: a value and its track with the published values, or the words to choose from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from mbcost.errors import escape
from mbcost.present.explore.line import Line, Piece, cut
from mbcost.present.layout import count_cells
from mbcost.present.names import resolution_text
from mbcost.questions.explore.keys import Click
from mbcost.questions.explore.moves import SIDE_STEP, list_published_sides
from mbcost.questions.explore.state import State, alpha_steps
from mbcost.questions.explore.subject import SLIDERS, USUAL_CLASSES, Scope, default_classes
from mbcost.spec.scaling import alpha_text
from mbcost.spec.table import Spec

NUMBERS = ("alpha", "resolution", "classes")
"""The sliders of numbers, which have a value beside their track."""
LABEL = 18
"""The terminal cells of the names of the sliders."""
NARROW_VALUE, VALUE = 8, 12
"""The cells of a value, at least, on a narrow and on a usual screen."""
WIDEST_SIDE = 512
"""The end of the track of the resolution, unless a larger value is shown or published."""
LONGEST_TRACK = 60


@dataclass(frozen=True)
class Glyphs:
    """The characters of tracks."""

    left: str
    rail: str
    right: str
    tick: str
    """A published value."""
    knob: str
    knob_on_tick: str
    less: str
    more: str
    ellipsis: str


BOXES = Glyphs("├", "─", "┤", "┼", "●", "◆", "‹", "›", "…")
ASCII = Glyphs("|", "-", "|", "+", "o", "@", "<", ">", "~")


@dataclass(frozen=True)
class _Track:
    """A range of numbers with marks."""

    low: float
    high: float
    value: float
    marks: tuple[float, ...]
    spell: Callable[[float], str]
    """Spells a position as users type it."""


def draw_sliders(state: State, scope: Scope, width: int, glyphs: Glyphs) -> list[Line]:
    """Return one line per slider, at most `width` cells wide as far as their values are."""
    values = {slider: _value_text(slider, state, scope) for slider in SLIDERS}
    least = NARROW_VALUE if width < 72 else VALUE
    room = max([least, *(count_cells(values[slider]) + 1 for slider in NUMBERS)])
    return [_draw(slider, values[slider], state, scope, (width, min(room, width // 2)), glyphs) for slider in SLIDERS]


def _draw(slider: str, value: str, state: State, scope: Scope, sizes: tuple[int, int], glyphs: Glyphs) -> Line:
    has_focus = state.focus == slider
    only_focus = Click(slider, "")
    label = Piece(f"{'>' if has_focus else ' '} {slider}".ljust(LABEL), "focus" if has_focus else "label", only_focus)
    why = scope.find(state.setting.net).why_fixed(slider)
    if why:
        shown = Piece(f"{value}  " if value else "", "value", only_focus)
        return label, shown, Piece(f"fixed: {why}", "dim", only_focus)
    width, room = sizes
    rest = width - LABEL
    if slider in ("implementation", "convention", "network"):
        names = scope.list_choices(slider, state.setting.net)
        return (label, *_draw_choices(slider, [(name, escape(name)) for name in names], value, rest, glyphs))
    number = Piece(cut(value, room - 1).ljust(room), "focus" if has_focus else "value", only_focus)
    if slider == "classes":
        usual = [(str(count), f"{count:,}") for count in USUAL_CLASSES]
        current = f"{int(value):,}" if value.isdecimal() else ""
        return (label, number, *_draw_choices(slider, usual, current, rest - room, glyphs))
    track = _find_track(slider, state, scope)
    return (label, number, *_draw_track(slider, track, min(rest - room, LONGEST_TRACK), glyphs))


def _value_text(slider: str, state: State, scope: Scope) -> str:
    """Spell the value of a slider, or what is typed of it."""
    setting, spec = state.setting, scope.find(state.setting.net).spec
    if slider == state.focus and state.entry:
        return f"{state.entry}_"
    if slider == "convention":
        return setting.convention
    if slider == "network":
        return escape(setting.net)
    network = scope.find(setting.net).network
    if spec is None:
        fixed = {} if network is None else {"resolution": resolution_text(network.resolution)}
        return fixed.get(slider, "")
    if slider == "classes" and not spec.has_classifier:
        return ""
    return {
        "alpha": lambda: alpha_text(setting.alpha),
        "resolution": lambda: resolution_text(setting.resolution or spec.resolution),
        "classes": lambda: str(setting.classes or default_classes(spec)),
        "implementation": lambda: setting.implementation or spec.default_implementation,
    }[slider]()


def _find_track(slider: str, state: State, scope: Scope) -> _Track:
    setting, subject = state.setting, scope.find(state.setting.net)
    spec = subject.spec
    assert isinstance(spec, Spec), "a fixed network has no track"
    if slider == "alpha":
        steps = alpha_steps(setting, scope)
        assert steps is not None
        return _Track(steps.low, steps.high, setting.alpha, spec.published_alphas, lambda alpha: f"{alpha:.3f}")
    sides = list_published_sides(setting, scope)
    side = max(setting.resolution or spec.resolution)
    high = max(WIDEST_SIDE, *sides)
    return _Track(SIDE_STEP, high, side, sides, lambda value: str(max(1, round(value / SIDE_STEP)) * SIDE_STEP))


def _draw_track(slider: str, track: _Track, width: int, glyphs: Glyphs) -> Line:
    """Return the cells of a track, each of which can be clicked, with its published values and its knob."""
    cells = width - 2
    if cells < 8:
        return ()

    def locate(value: float) -> int:
        part = (min(max(value, track.low), track.high) - track.low) / (track.high - track.low)
        return round(part * (cells - 1))

    marks = {locate(mark): mark for mark in track.marks}
    pieces = []
    for cell in range(cells):
        spelled = track.spell(track.low + (track.high - track.low) * cell / (cells - 1))
        is_mark = cell in marks
        if is_mark:
            spelled = alpha_text(marks[cell])
        piece = Piece(glyphs.tick if is_mark else glyphs.rail, "mark" if is_mark else "dim", Click(slider, spelled))
        pieces.append(piece)
    knob = locate(track.value)
    is_published = track.value in track.marks
    pieces[knob] = replace(pieces[knob], text=glyphs.knob_on_tick if is_published else glyphs.knob, style="knob")
    return (Piece(glyphs.left, "dim"), *pieces, Piece(glyphs.right, "dim"))


def _draw_choices(slider: str, choices: Sequence[tuple[str, str]], current: str, width: int, glyphs: Glyphs) -> Line:
    """Return the words to choose from, as many as fit around the current one.

    Args:
        slider: the slider.
        choices: each value with its text.
        current: the text of the current value; one that is not among them stands between none.
        width: the terminal cells.
        glyphs: the signs for words that are left out.
    """
    texts = [text for _, text in choices]
    index = texts.index(current) if current in texts else 0
    sizes = [count_cells(text) + 2 for text in texts]  # brackets or blanks around it
    room = width - len(glyphs.less) - len(glyphs.more) - 2
    first, last = index, index
    while True:
        used = sum(sizes[first : last + 1])
        right = last + 1 < len(texts) and used + sizes[last + 1] <= room
        left = first > 0 and used + sizes[first - 1] <= room
        if not (right or left):
            break
        if right and (not left or last - index <= index - first):
            last += 1
        else:
            first -= 1
    pieces = [Piece(f"{glyphs.less} " if first > 0 else "", "dim")]
    for position in range(first, last + 1):
        target = Click(slider, choices[position][0])
        if texts[position] == current:
            pieces += [Piece("[", "dim"), Piece(current, "value", target), Piece("]", "dim")]
        else:
            pieces += [Piece(" "), Piece(texts[position], "dim", target), Piece(" ")]
    return (*pieces, Piece(f" {glyphs.more}" if last + 1 < len(texts) else "", "dim"))
