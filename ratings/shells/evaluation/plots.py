"""Small plots as SVG text: lines, dots and bars, with axes in numbers. No other code is needed."""

from collections.abc import Mapping, Sequence
from html import escape

WIDTH, HEIGHT = 560, 300
LEFT, RIGHT, TOP, BOTTOM = 46, 12, 12, 40
# Told apart without colour too: by dash and by the text of the key.
INKS = ("#15539b", "#b0261e", "#17693f", "#7d5200", "#445164")
DASHES = ("", "6 3", "2 3", "8 3 2 3", "1 2")
Point = tuple[float, float]


def _x(share: float) -> float:
    return LEFT + share * (WIDTH - LEFT - RIGHT)


def _y(share: float) -> float:
    return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)


def _frame(title: str, across: str, up: str, most: Point, parts: Sequence[str]) -> str:
    ticks = []
    for step in range(6):
        share = step / 5
        ticks.append(
            f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{_y(share):.1f}" y2="{_y(share):.1f}"'
            ' stroke="#d9dfe6"/>'
            f'<text x="{LEFT - 6}" y="{_y(share) + 4:.1f}" text-anchor="end">'
            f"{_number(share * most[1])}</text>"
        )
        if most[0]:
            ticks.append(
                f'<text x="{_x(share):.1f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">'
                f"{_number(share * most[0])}</text>"
            )
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">'
        f"{''.join(ticks)}{''.join(parts)}"
        f'<text x="{(LEFT + WIDTH) / 2}" y="{HEIGHT - 6}" text-anchor="middle">'
        f"{escape(across)}</text>"
        f'<text x="{LEFT}" y="{TOP - 1}" class="up">{escape(up)}</text></svg>'
    )


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") or "0"


def lines(
    title: str, across: str, up: str, curves: Mapping[str, Sequence[Point]], most: Point
) -> str:
    """One line per name; `most` is the end of each axis, both of which begin at 0."""
    drawn, key = [], []
    for place, (name, points) in enumerate(curves.items()):
        ink, dash = INKS[place % len(INKS)], DASHES[place % len(DASHES)]
        path = " ".join(
            f"{_x(min(x / most[0], 1)):.1f},{_y(min(y / most[1], 1)):.1f}" for x, y in points
        )
        drawn.append(
            f'<polyline points="{path}" fill="none" stroke="{ink}" stroke-width="2"'
            f' stroke-dasharray="{dash}"/>'
        )
        key.append(
            '<li><svg viewBox="0 0 30 8" class="dash" aria-hidden="true">'
            f'<line x1="0" x2="30" y1="4" y2="4" stroke="{ink}" stroke-width="2"'
            f' stroke-dasharray="{dash}"/></svg>'
            f"{escape(name)}</li>"
        )
    return _frame(title, across, up, most, drawn) + f'<ul class="key">{"".join(key)}</ul>'


def dots(title: str, across: str, up: str, points: Sequence[Point]) -> str:
    """Points in a square from 0 to 1, with the diagonal on which they should lie."""
    drawn = [
        f'<line x1="{_x(0)}" y1="{_y(0)}" x2="{_x(1)}" y2="{_y(1)}" stroke="#445164"'
        ' stroke-dasharray="4 4"/>'
    ]
    drawn += [
        f'<circle cx="{_x(x):.1f}" cy="{_y(y):.1f}" r="5" fill="{INKS[0]}"/>' for x, y in points
    ]
    return _frame(title, across, up, (1, 1), drawn)


def bars(
    title: str, up: str, values: Mapping[str, tuple[float, float]], most: float, limit: float | None
) -> str:
    """One bar per name with the half-width of its interval; a dashed line at `limit`."""
    width = (WIDTH - LEFT - RIGHT) / max(1, len(values))
    drawn = []
    for place, (name, (value, half)) in enumerate(values.items()):
        x = LEFT + place * width
        top = _y(min(value / most, 1))
        middle = x + width / 2
        drawn.append(
            f'<rect x="{x + width * 0.2:.1f}" width="{width * 0.6:.1f}" y="{top:.1f}"'
            f' height="{_y(0) - top:.1f}" fill="{INKS[0]}"/>'
            f'<line x1="{middle:.1f}" x2="{middle:.1f}"'
            f' y1="{_y(min((value + half) / most, 1)):.1f}"'
            f' y2="{_y(max(0, (value - half) / most)):.1f}" stroke="#15202d"/>'
            f'<text x="{middle:.1f}" y="{HEIGHT - BOTTOM + 13 + place % 2 * 12}"'
            f' text-anchor="middle" class="small">{escape(name)}</text>'
        )
    if limit is not None:
        at = _y(min(limit / most, 1))
        drawn.append(
            f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at:.1f}" y2="{at:.1f}"'
            f' stroke="{INKS[1]}" stroke-dasharray="5 4"/>'
        )
    return _frame(title, "", up, (0, most), drawn)
