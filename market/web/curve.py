"""The curve of a fee table, drawn on the server: paths for an SVG, and the same as rows to read.

Both axes are logarithmic, for a table runs from a hundred to a million. Lines are straight between
the samples, and every point and limit of the table is a sample.
"""

import math
from collections.abc import Callable, Sequence
from decimal import Decimal

import msgspec

from market.catalogue.fee_standards import FeeKind, FeeStandard
from market.catalogue.fees import Estimate, Facts, estimate
from market.catalogue.shapes import Interpolation, Negotiation, Progressive
from market.catalogue.workings import show
from ratings.ledger.errors import Refused

WIDTH, HEIGHT = 400, 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 58, 12, 12, 34
_SAMPLES = 48
_FEW = 14
# A step is drawn from just below a limit, which belongs to the band below it, to just above.
_JUST = Decimal("1.0001")

Reckoned = Callable[[Decimal], Estimate | None]


class Tick(msgspec.Struct, frozen=True):
    at: float
    label: str


class Mark(msgspec.Struct, frozen=True):
    """The project: where its fee lies, or from where to where without a base."""

    x: float
    y: float
    low: float | None = None


class Row(msgspec.Struct, frozen=True):
    """The fee at a figure, and that of the other standard where two are compared; in fen."""

    figure: str
    fee: Estimate | None
    old: Estimate | None
    here: bool


class Curve(msgspec.Struct, frozen=True):
    """Paths in a box of `WIDTH` by `HEIGHT`; an empty one is not to be drawn."""

    band: str
    line: str
    old: str
    xs: tuple[Tick, ...]
    ys: tuple[Tick, ...]
    mark: Mark | None
    rows: tuple[Row, ...]
    by_amount: bool
    has_base: bool
    left: int = _LEFT
    right: int = WIDTH - _RIGHT
    top: int = _TOP
    bottom: int = HEIGHT - _BOTTOM


def edges(kind: FeeKind) -> list[Decimal]:
    """The figures at which the pieces of a table meet."""
    table = kind.table
    match table:
        case Interpolation():
            return [x for x, _ in table.points]
        case Progressive():
            lump = [] if table.lump is None else [table.lump[0]]
            return [*lump, *(limit for limit, _ in table.bands)]
        case Negotiation():
            return [band[0] for band in table.bands]
        case _:
            return []


def curve_of(
    standard: FeeStandard,
    facts: Facts,
    *,
    old: FeeStandard | None = None,
) -> Curve | None:
    """The curve of `facts.kind` for all figures, with the other facts as they are given.

    The project is marked when `facts` has its figure. None where there is nothing to draw.
    """
    kind = standard.kinds[facts.kind or next(iter(standard.kinds))]
    by_amount = kind.driver == "amount"
    figure = facts.amount_wan if by_amount else facts.quantity
    limits = edges(kind)
    before = None if old is None else old.kinds.get(facts.kind or "")
    limits = sorted({*limits, *([] if before is None else edges(before))} - {Decimal(0)})
    samples = _samples(limits, figure)
    now = _asking(standard, facts, by_amount)
    then = _asking(old, facts, by_amount) if old is not None and before is not None else None
    new_points = [(x, found) for x in samples if (found := now(x)) is not None]
    old_points = [(x, found) for x in samples if then and (found := then(x)) is not None]
    drawn = [*new_points, *old_points]
    if not new_points or not any(found.high_fen for _, found in drawn):
        return None
    axes = _Axes(
        [float(x) for x, _ in drawn],
        [fen for _, found in drawn for fen in (found.low_fen, found.high_fen) if fen > 0],
        1_000_000 if by_amount else 100,
    )
    here = None if figure is None or figure <= 0 else now(figure)
    mark = None
    if here is not None and figure is not None:
        mark = _mark(axes, float(figure), here)
    shown = _few(limits) if limits else samples[:: max(1, len(samples) // 6)]
    if figure is not None and figure > 0:
        shown = sorted({*shown, figure})
    return Curve(
        band=_band(axes, new_points),
        line=_lines(axes, new_points),
        old=_lines(axes, old_points),
        xs=axes.x_ticks(),
        ys=axes.y_ticks(),
        mark=mark,
        rows=tuple(Row(show(x), now(x), then(x) if then else None, x == figure) for x in shown),
        by_amount=by_amount,
        has_base=new_points[0][1].base_fen is not None,
    )


def _mark(axes: "_Axes", figure: float, here: Estimate) -> Mark:
    if here.base_fen is not None:
        return Mark(axes.x(figure), axes.y(here.base_fen))
    return Mark(axes.x(figure), axes.y(here.high_fen), axes.y(here.low_fen))


def _few(limits: Sequence[Decimal]) -> list[Decimal]:
    """All limits of a short table; of a long one evenly chosen ones with both ends."""
    if len(limits) <= _FEW:
        return list(limits)
    step = (len(limits) - 1) / (_FEW - 1)
    return [limits[round(step * number)] for number in range(_FEW)]


def _asking(standard: FeeStandard, facts: Facts, by_amount: bool) -> Reckoned:
    name = "amount_wan" if by_amount else "quantity"
    undated = msgspec.structs.replace(facts, as_of=None)

    def ask(figure: Decimal) -> Estimate | None:
        try:
            return estimate(standard, msgspec.structs.replace(undated, **{name: figure}))
        except Refused:
            return None

    return ask


def _samples(limits: Sequence[Decimal], figure: Decimal | None) -> list[Decimal]:
    given = [figure] if figure is not None and figure > 0 else []
    known = [*limits, *given] or [Decimal(100)]
    low, high = float(min(known)) / 4, float(max(known)) * 3
    ratio = (high / low) ** (1 / (_SAMPLES - 1))
    even = [Decimal(f"{low * ratio**number:.4g}") for number in range(_SAMPLES)]
    edge = [place for x in limits for place in (x, (x * _JUST).quantize(Decimal("0.0001")))]
    return sorted({*(Decimal(f"{x:f}") for x in even), *edge, *given})


class _Axes:
    """From a figure and a fee to a place in the box."""

    def __init__(self, figures: Sequence[float], fees: Sequence[int], per: int) -> None:
        self._per = per
        self._x = (math.log10(min(figures)), math.log10(max(figures)))
        low, high = math.log10(min(fees) / per), math.log10(max(fees) / per)
        self._y = (low, high if high > low else low + 1)

    def x(self, figure: float) -> float:
        low, high = self._x
        share = (math.log10(figure) - low) / (high - low)
        return round(_LEFT + share * (WIDTH - _LEFT - _RIGHT), 1)

    def y(self, fen: float) -> float:
        low, high = self._y
        share = (math.log10(max(fen / self._per, 10**low)) - low) / (high - low)
        return round(HEIGHT - _BOTTOM - share * (HEIGHT - _TOP - _BOTTOM), 1)

    def x_ticks(self) -> tuple[Tick, ...]:
        return tuple(Tick(self.x(value), show(Decimal(str(value)))) for value in _tens(*self._x))

    def y_ticks(self) -> tuple[Tick, ...]:
        return tuple(
            Tick(self.y(value * self._per), show(Decimal(str(value)))) for value in _tens(*self._y)
        )


def _tens(low: float, high: float) -> list[float]:
    """Powers of ten within the axis, with halves where there are few and fewer where many."""
    first, last = math.ceil(low - 1e-9), math.floor(high + 1e-9)
    step = max(1, (last - first) // 4)
    tens = [10.0**power for power in range(first, last + 1, step)]
    if len(tens) < 3:
        between = (
            scale * 10.0**power for power in range(first - 1, last + 1) for scale in (1, 2, 5)
        )
        tens = [one for one in between if low <= math.log10(one) <= high]
    return tens


def _lines(axes: _Axes, points: Sequence[tuple[Decimal, Estimate]]) -> str:
    """The base; where there is none, the two ends of the range and nothing between them."""
    based = [(x, found.base_fen) for x, found in points if found.base_fen is not None]
    if based:
        return _path(axes, based)
    low = _path(axes, [(x, found.low_fen) for x, found in points])
    return low + _path(axes, [(x, found.high_fen) for x, found in points])


def _path(axes: _Axes, points: Sequence[tuple[Decimal, float]]) -> str:
    if len(points) < 2:
        return ""
    return "M" + "L".join(f"{axes.x(float(x))} {axes.y(fee)}" for x, fee in points)


def _band(axes: _Axes, points: Sequence[tuple[Decimal, Estimate]]) -> str:
    """The room between low and high; empty where they are one."""
    if len(points) < 2 or all(found.low_fen == found.high_fen for _, found in points):
        return ""
    upper = [f"{axes.x(float(x))} {axes.y(found.high_fen)}" for x, found in points]
    lower = [f"{axes.x(float(x))} {axes.y(found.low_fen)}" for x, found in reversed(points)]
    return "M" + "L".join([*upper, *lower]) + "Z"
