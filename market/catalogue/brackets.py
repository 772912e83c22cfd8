"""How each shape of fee table is reckoned: one figure of the project in, a span and lines out."""

import unicodedata
from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from market.catalogue.shapes import (
    Ceiling,
    Interpolation,
    Method,
    Missing,
    Negotiation,
    Outside,
    Progressive,
    UnitPrice,
)
from market.catalogue.workings import (
    RATE_PER,
    RATE_SIGN,
    UNIT_EN,
    UNIT_ZH,
    Line,
    LineKind,
    MoneyUnit,
    Span,
    decimal,
    equals,
    fraction,
    plain,
    point,
    show,
)
from ratings.ledger.errors import Refused


def reckon(
    method: Method, figure: Decimal, grade: str | None, unit: MoneyUnit
) -> tuple[Span, list[Line]]:
    """The fee in `unit` before factors. Raises Refused where the table does not reach."""
    x = Fraction(figure)
    match method:
        case Progressive():
            return _progressive(method, x, unit)
        case Interpolation():
            return _interpolation(method, x, unit)
        case Negotiation():
            return _negotiation(method, x, unit)
        case Ceiling():
            return _ceiling(method, x, unit)
        case UnitPrice():
            return _unit_price(method, x, grade)
        case Missing():
            raise Refused(
                "fee-row-not-found",
                "The figures of this row of the standard were not found; no fee can be reckoned.",
            )


def _line(
    kind: LineKind,
    zh: str,
    en: str,
    value: Fraction,
    unit: MoneyUnit,
    **figures: Fraction | Decimal | int,
) -> Line:
    exact = {
        name: decimal(figure) if type(figure) is Fraction else plain(figure)
        for name, figure in figures.items()
    }
    return Line(
        kind, f"{zh}（{UNIT_ZH[unit]}）", f"{en} ({UNIT_EN[unit]})", exact, decimal(value), unit
    )


def _outside_table(x: Fraction, first: Fraction, last: Fraction | None) -> Refused:
    return Refused(
        "outside-fee-table",
        "{figure} lies outside the table of the standard, which reaches from {first} to {last}.",
        figure=show(x),
        first=show(first),
        last="∞" if last is None else show(last),
    )


def _progressive(table: Progressive, x: Fraction, unit: MoneyUnit) -> tuple[Span, list[Line]]:
    per, sign = RATE_PER[table.rate_unit], RATE_SIGN[table.rate_unit]
    lines: list[Line] = []
    total = lower = Fraction(0)
    if table.lump is not None:
        upper, total = Fraction(table.lump[0]), Fraction(table.lump[1])
        lines.append(
            _line(
                "lump",
                f"{show(upper)}以内：{show(total)}",
                f"Up to {show(upper)}: {show(total)}",
                total,
                unit,
                to=upper,
                sum=total,
            )
        )
        lower = upper
    limits: list[tuple[Decimal | None, Decimal]] = list(table.bands)
    if table.above is not None:
        limits.append((None, table.above))
    begins = Decimal(0) if table.lump is None else table.lump[0]
    for end, rate in limits:
        if x <= lower and lines:
            break
        limit = None if end is None else fraction(end)
        part = (x if limit is None or x < limit else limit) - lower
        fee = part * fraction(rate) / per
        band = f"{show(begins)}+" if end is None else f"{show(begins)}–{show(end)}"
        sum_text = f"{show(part)} × {show(rate)}{sign} {equals(fee)}"
        figures: dict[str, Fraction | Decimal | int] = {
            "from": begins,
            "part": part,
            "rate": rate,
            "per": per,
        }
        if end is not None and limit is not None:
            figures["to"] = begins = end
            lower = limit
        else:
            lower = x
        lines.append(
            _line("bracket", f"{band}：{sum_text}", f"{band}: {sum_text}", fee, unit, **figures)
        )
        total += fee
    if x > lower:
        raise _outside_table(x, Fraction(0), lower)
    lines.append(
        _line(
            "subtotal",
            f"各段合计 {equals(total)}",
            f"Sum of the parts {equals(total)}",
            total,
            unit,
        )
    )
    return point(total), lines


def _interpolation(table: Interpolation, x: Fraction, unit: MoneyUnit) -> tuple[Span, list[Line]]:
    points = [(fraction(a), fraction(b)) for a, b in table.points]
    (first, first_fee), (last, _) = points[0], points[-1]
    if x < first:
        if table.below is None:
            raise _outside_table(x, first, last)
        if table.below.at_zero is None:
            return _outside(table.below, x, unit)
        points = [(Fraction(0), Fraction(table.below.at_zero)), (first, first_fee)]
    elif x > last:
        if table.above is None:
            raise _outside_table(x, first, last)
        return _outside(table.above, x, unit)
    (x0, y0), (x1, y1) = next(pair for pair in pairwise(points) if x <= pair[1][0])
    fee = y0 + (y1 - y0) * (x - x0) / (x1 - x0)
    custom = x < first and table.below is not None and table.below.practice
    zh = (
        f"{show(x0)}–{show(x1)} 内插：{show(y0)} + ({show(y1)} − {show(y0)}) × "
        f"({show(x)} − {show(x0)}) ÷ ({show(x1)} − {show(x0)}) {equals(fee)}"
    )
    en = zh.replace(" 内插：", " interpolated: ")
    if custom:
        zh, en = f"低于表列起点，按惯例，{zh}", f"Below the table, by practice, {en}"
    return point(fee), [_line("interval", zh, en, fee, unit, x0=x0, y0=y0, x1=x1, y1=y1, amount=x)]


def _outside(rule: Outside, x: Fraction, unit: MoneyUnit) -> tuple[Span, list[Line]]:
    note_zh = "表外，按惯例：" if rule.practice else "表外，按文件规定："
    note_en = f"Outside the table, {'by practice' if rule.practice else 'as the document says'}: "
    if rule.rate is not None:
        fee = x * Fraction(rule.rate) / 100
        text = f"{show(x)} × {show(rule.rate)}% {equals(fee)}"
        return point(fee), [
            _line(
                "rate", note_zh + text, note_en + text, fee, unit, amount=x, rate=rule.rate, per=100
            )
        ]
    if rule.range is not None:
        low, high = map(Fraction, rule.range)
        zh = f"最高一档没有上限，无法内插：{show(low)}–{show(high)}，以上限 {show(high)} 为参考值"
        en = (
            f"The top band has no end to interpolate to: {show(low)}–{show(high)}, "
            f"its upper figure {show(high)} is the reference"
        )
        return Span(low, high, high), [_line("open", zh, en, high, unit, low=low, high=high)]
    flat = Fraction(rule.flat or 0)  # the reader admits no Outside without a rule
    zh, en = f"表外定额：{show(flat)}", f"Beyond the table: {show(flat)}"
    if rule.open:
        zh = f"表外为“{show(flat)}以上”，取 {show(flat)}"
        en = f"The document says “{show(flat)} and more”; {show(flat)} is taken"
    return point(flat), [_line("flat", zh, en, flat, unit, sum=flat)]


def _negotiation(table: Negotiation, x: Fraction, unit: MoneyUnit) -> tuple[Span, list[Line]]:
    lower = Fraction(0)
    rows: list[tuple[Fraction | None, Sequence[Decimal]]] = [
        (Fraction(b[0]), b[1:]) for b in table.bands
    ]
    if table.above is not None:
        rows.append((None, table.above))
    for limit, figures in rows:
        if limit is None or x <= limit:
            low, high = map(Fraction, figures)
            band = f"{show(lower)}+" if limit is None else f"{show(lower)}–{show(limit)}"
            zh = f"{band}：协商区间 {show(low)}–{show(high)}，无基准价"
            en = f"{band}: to be agreed within {show(low)}–{show(high)}; there is no base price"
            return Span(low, None, high), [_line("range", zh, en, high, unit, low=low, high=high)]
        lower = limit
    raise _outside_table(x, Fraction(0), lower)


def _ceiling(table: Ceiling, x: Fraction, unit: MoneyUnit) -> tuple[Span, list[Line]]:
    per, sign = RATE_PER[table.rate_unit], RATE_SIGN[table.rate_unit]
    fee = x * Fraction(table.rate) / per
    text = f"{show(x)} × {show(table.rate)}{sign} {equals(fee)}"
    line = _line(
        "ceiling",
        f"最高不超过 {text}",
        f"At most {text}",
        fee,
        unit,
        amount=x,
        rate=table.rate,
        per=per,
    )
    return Span(Fraction(0), fee, fee), [line]


_NUMBERS = {"I": "1", "II": "2", "III": "3", "一": "1", "二": "2", "三": "3"}


def _same_grade(grade: str | None, accepted: Iterable[str]) -> str | None:
    """The accepted grade that is meant: I, 1 and 一级 are one, and I-II takes both I and II."""
    if grade is None:
        return None
    meant = _grade_number(grade)
    for one in accepted:
        if one == grade or meant in {_grade_number(part) for part in one.split("-")}:
            return one
    return grade


def _grade_number(grade: str) -> str:
    plain = unicodedata.normalize("NFKC", grade).strip().removesuffix("级").upper()
    return _NUMBERS.get(plain, plain)


def _unit_price(table: UnitPrice, x: Fraction, grade: str | None) -> tuple[Span, list[Line]]:
    lines: list[Line] = []
    if table.whole_job:
        lines.append(
            Line("assumption", "按整个项目计价，与数量无关", "The price is that of the whole job")
        )
        x = Fraction(1)
    elif table.at_least is not None and x < table.at_least:
        least = Fraction(table.at_least)
        lines.append(
            Line(
                "assumption",
                f"数量 {show(x)} 不足 {show(least)}，按 {show(least)} 计",
                f"A quantity of {show(x)} counts as {show(least)}",
                {"quantity": decimal(least)},
            )
        )
        x = least
    prices = [Fraction(p) for p in table.prices.values()]
    if grade is None and len(prices) > 1:
        # Without a grade the fee lies between the mildest and the hardest; where there is a
        # middle grade it is the base.
        low, high = prices[0] * x, prices[-1] * x
        base = prices[len(prices) // 2] * x if len(prices) % 2 else None
        given = " / ".join(show(price) for price in prices)
        zh = f"未给等级：({given}) × {show(x)}"
        en = f"No grade given: ({given}) × {show(x)}"
        figures: dict[str, Fraction | Decimal | int] = {"low": prices[0], "high": prices[-1]}
        if base is not None:
            figures["base"] = prices[len(prices) // 2]
        line = _line("price-range", zh, en, base or high, "yuan", quantity=x, **figures)
        return Span(low, base, high), [*lines, line]
    grade = _same_grade(grade, table.prices)
    if grade is not None and grade not in table.prices:
        raise Refused(
            "unknown-grade",
            "Unknown grade {grade}; accepted: {accepted}.",
            grade=grade,
            accepted=", ".join(table.prices),
        )
    price = prices[0] if grade is None else Fraction(table.prices[grade])
    text = f"{show(price)} × {show(x)} {equals(price * x)}"
    lines.append(
        _line(
            "price",
            f"单价 × 数量：{text}",
            f"Unit price × quantity: {text}",
            price * x,
            "yuan",
            price=price,
            quantity=x,
        )
    )
    return point(price * x), lines
