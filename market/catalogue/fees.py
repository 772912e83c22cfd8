"""A fee standard and the one question asked of it: what does the document give for a project?

Every result is a reference calculation (参考测算): since 发改价格〔2015〕299号 these services
are priced by the market, and the old tables only say what used to be fair.
"""

from datetime import date
from decimal import Decimal

import msgspec

from market.catalogue.adjustments import adjust, cap_and_float
from market.catalogue.brackets import reckon
from market.catalogue.fee_standards import Facts, FeeKind, FeeStandard, checked_figure
from market.catalogue.shapes import UnitPrice
from market.catalogue.workings import Line, MoneyUnit, fen, show
from ratings.ledger.errors import Bilingual, Refused

__all__ = ["LABEL", "Estimate", "Facts", "FeeKind", "FeeStandard", "estimate"]

LABEL = "参考测算"

# Of a day before 发改价格〔2015〕299号 it would be wrong to say that the market set the price.
_BEFORE_ZH = "该日早于发改价格〔2015〕299号施行之日，当时按本文件收费；结果仍为参考测算"
_BEFORE_EN = "The day is before 发改价格〔2015〕299号 took effect: the document set the price"


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """The reference fee in fen, with the lines that lead to it.

    `base_fen` is None where the document gives a range to negotiate and no base price.
    """

    code: str
    kind: str
    document: str
    amended_by: tuple[str, ...]
    issued_on: date
    valid_from: date
    valid_to: date | None
    status: str
    status_zh: str
    status_en: str
    label: str
    low_fen: int
    base_fen: int | None
    high_fen: int
    workings: tuple[Line, ...]
    notes_zh: tuple[str, ...]
    notes_en: tuple[str, ...]


def estimate(standard: FeeStandard, facts: Facts) -> Estimate:
    """The reference fee of `standard` for `facts`.

    Raises Refused for an unknown kind, grade or choice, a missing or impossible figure, a
    fact the standard has no factor for, and a day on which the standard was not in force.
    """
    _in_force(standard, facts.as_of)
    name, kind = _kind(standard, facts.kind)
    figure = _figure(name, kind, facts)
    unit: MoneyUnit = "wan" if kind.driver == "amount" else "yuan"
    span, table_lines = reckon(kind.table, figure, facts.grade, unit)
    lines = [_question(standard, kind, figure), *table_lines]
    span = adjust(standard, name, kind, facts, span, lines, unit)
    span = cap_and_float(standard, kind, span, lines, unit)
    low, high = fen(span.low, unit), fen(span.high, unit)
    base = None if span.base is None else fen(span.base, unit)
    lines.append(_result(low, base, high))
    since = standard.market_since
    before_market = since is not None and facts.as_of is not None and facts.as_of < since
    return Estimate(
        code=standard.code,
        kind=name,
        document=standard.document,
        amended_by=standard.amended_by,
        issued_on=standard.issued_on,
        valid_from=standard.valid_from,
        valid_to=standard.valid_to,
        status=standard.status,
        status_zh=_BEFORE_ZH if before_market else standard.status_zh,
        status_en=_BEFORE_EN if before_market else standard.status_en,
        label=LABEL,
        low_fen=low,
        base_fen=base,
        high_fen=high,
        workings=tuple(lines),
        notes_zh=tuple(n for n in (kind.note_zh, *standard.notes_zh) if n),
        notes_en=tuple(n for n in (kind.note_en, *standard.notes_en) if n),
    )


def _in_force(standard: FeeStandard, as_of: date | None) -> None:
    if as_of is None:
        return
    if as_of < standard.valid_from or (standard.valid_to is not None and as_of > standard.valid_to):
        raise Refused(
            "fee-standard-not-in-force",
            "{code} as recorded here was not in force on {as_of}; it runs from {start} to {end}.",
            code=standard.code,
            as_of=as_of.isoformat(),
            start=standard.valid_from.isoformat(),
            end="…" if standard.valid_to is None else standard.valid_to.isoformat(),
        )


def _kind(standard: FeeStandard, name: str | None) -> tuple[str, FeeKind]:
    if name is None and len(standard.kinds) == 1:
        return next(iter(standard.kinds.items()))
    kind = None if name is None else standard.kinds.get(name)
    if name is None or kind is None:
        raise Refused(
            "unknown-kind",
            "{code} needs one of these kinds: {accepted}; {kind} is not one of them.",
            code=standard.code,
            accepted=", ".join(standard.kinds),
            kind="∅" if name is None else name,
        )
    return name, kind


def _figure(name: str, kind: FeeKind, facts: Facts) -> Decimal:
    figure = facts.amount_wan if kind.driver == "amount" else facts.quantity
    field = "amount_wan" if kind.driver == "amount" else "quantity"
    if figure is None and isinstance(kind.table, UnitPrice) and kind.table.whole_job:
        return Decimal(1)
    label = Bilingual(zh=kind.figure_zh, en=kind.figure_en)
    if figure is None:
        raise Refused(
            "missing-fact",
            "{field} is needed for {kind}: {figure}.",
            field=field,
            kind=name,
            figure=label,
        )
    return checked_figure(field, figure, label)


def _question(standard: FeeStandard, kind: FeeKind, figure: Decimal) -> Line:
    return Line(
        "question",
        f"{standard.document}，{kind.name_zh}：{kind.figure_zh} {show(figure)}",
        f"{standard.document}, {kind.name_en}: {kind.figure_en} {show(figure)}",
        {kind.driver: figure},
    )


def _result(low: int, base: int | None, high: int) -> Line:
    def yuan(amount: int) -> str:
        return f"{Decimal(amount) / 100:,.2f}"

    figures = {"low_fen": Decimal(low), "high_fen": Decimal(high)}
    if base is None:
        return Line(
            "result",
            f"{LABEL}：{yuan(low)}–{yuan(high)} 元（无基准价）",
            f"Reference: {yuan(low)}–{yuan(high)} yuan (no base price)",
            figures,
        )
    return Line(
        "result",
        f"{LABEL}：最低 {yuan(low)}，基准 {yuan(base)}，最高 {yuan(high)} 元",
        f"Reference: low {yuan(low)}, base {yuan(base)}, high {yuan(high)} yuan",
        figures | {"base_fen": Decimal(base)},
    )
