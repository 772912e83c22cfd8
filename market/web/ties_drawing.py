"""Where each firm and each tie of a cluster stands in its drawing, from left to right.

Pure: the agency first, then its ties, then the firms of these, and so on. Every row holds one
name, so that nothing is ever drawn over anything else. Lengths are in units of the drawing.
"""

from collections.abc import Mapping

import msgspec

from ratings.shells.ties import Ties

FIRM_WIDTH = 232
FIRM_HEIGHT = 28
ROW = 40
_STEP = 330
_TIE_AT = 280
_MARGIN = 12
# Letters that fit into a box; one of a Chinese name is as wide as two others.
_LETTERS = 30


class Firm(msgspec.Struct, frozen=True):
    """A box; x and y are its left and its middle. `own` is the agency the drawing is about."""

    uscc: str
    label: str
    x: float
    y: float
    own: bool


class Knot(msgspec.Struct, frozen=True):
    """A tie: its number, as in the table beside the drawing, and its middle."""

    number: int
    x: float
    y: float


class Line(msgspec.Struct, frozen=True):
    """The path from a firm to a tie."""

    path: str


class Drawing(msgspec.Struct, frozen=True):
    width: float
    height: float
    firms: tuple[Firm, ...]
    knots: tuple[Knot, ...]
    lines: tuple[Line, ...]


def drawn(ties: Ties, names: Mapping[str, str]) -> Drawing:
    """`names` are shown in place of codes where they are known. Ties count from 1."""
    depth, below = _tree(ties)
    rows: dict[object, float] = {}
    next_row = 0

    def place(node: object) -> float:
        nonlocal next_row
        under = [place(one) for one in below.get(node, ())]
        if under:
            rows[node] = (under[0] + under[-1]) / 2
        else:
            rows[node] = float(next_row)
            next_row += 1
        return rows[node]

    place(ties.uscc)
    firms = {
        one: Firm(
            one,
            _cut(names.get(one, one)),
            _MARGIN + depth[one] // 2 * _STEP,
            _height(rows[one]),
            one == ties.uscc,
        )
        for one in ties.shown
        if one in depth
    }
    knots = {
        number: Knot(
            number, _MARGIN + (depth[number] - 1) // 2 * _STEP + _TIE_AT, _height(rows[number])
        )
        for number in range(1, len(ties.ties) + 1)
        if number in depth
    }
    lines = tuple(
        _line(firms[firm], knots[number])
        for number, tie in enumerate(ties.ties, 1)
        for firm in tie.firms
        if number in knots and firm in firms
    )
    width = max(one.x for one in firms.values()) + FIRM_WIDTH + _MARGIN
    return Drawing(
        width,
        next_row * ROW + 2 * _MARGIN,
        tuple(firms.values()),
        tuple(knots.values()),
        lines,
    )


def _tree(ties: Ties) -> tuple[dict[object, int], dict[object, list[object]]]:
    """How far each firm (its code) and tie (its number) is from the agency, and what was first met
    from it."""
    depth: dict[object, int] = {ties.uscc: 0}
    below: dict[object, list[object]] = {}
    waiting: list[object] = [ties.uscc]
    for node in waiting:
        if isinstance(node, int):
            near: list[object] = list(ties.ties[node - 1].firms)
        else:
            near = [n for n, tie in enumerate(ties.ties, 1) if node in tie.firms]
        new = [one for one in near if one not in depth]
        depth.update(dict.fromkeys(new, depth[node] + 1))
        below[node] = new
        waiting += new
    return depth, below


def _height(row: float) -> float:
    return _MARGIN + row * ROW + ROW / 2


def _line(firm: Firm, knot: Knot) -> Line:
    start = firm.x + FIRM_WIDTH if firm.x < knot.x else firm.x
    middle = (start + knot.x) / 2
    return Line(
        f"M{start:g} {firm.y:g}C{middle:g} {firm.y:g} {middle:g} {knot.y:g} {knot.x:g} {knot.y:g}"
    )


def _cut(name: str) -> str:
    room = _LETTERS
    for place, letter in enumerate(name):
        room -= 1 if letter.isascii() else 2
        if room < 0:
            return name[:place] + "…"
    return name
