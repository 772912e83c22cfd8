"""What a standard does to the figure of its table: factors, other work, cap and float.

The order is the order of the documents: table, factors, other work, cap, float.
"""

from decimal import Decimal
from fractions import Fraction

from market.catalogue import factors as factor_tables
from market.catalogue.fee_standards import Facts, FeeKind, FeeStandard, checked_figure
from market.catalogue.workings import Line, MoneyUnit, Span, decimal, equals, show
from ratings.ledger.errors import Refused


def adjust(
    standard: FeeStandard,
    name: str,
    kind: FeeKind,
    facts: Facts,
    span: Span,
    lines: list[Line],
    unit: MoneyUnit,
) -> Span:
    """Multiply by every factor the facts call for, one line each."""
    known: set[str] = set()
    for table in standard.factors:
        if table.kinds and name not in table.kinds:
            continue
        known.add(table.fact)
        value: str | Decimal | None = getattr(facts, table.fact)
        if value is None:
            continue
        if isinstance(value, Decimal):
            checked_figure(table.fact, value)
        applied = factor_tables.find(table, value, facts.amount_wan)
        if applied is not None and applied.high is not None:
            span = _uplift(span, applied, applied.high, lines, unit)
        elif applied is not None:
            span = _times(span, applied.factor, applied.zh, applied.en, lines, unit)
    for fact in ("industry", "complexity", "sensitivity", "scope", "stage", "ground", "altitude_m"):
        if getattr(facts, fact) is not None and fact not in known:
            raise Refused(
                "no-such-factor",
                "{code} has no factor for {fact} in {kind}; it knows: {accepted}.",
                code=standard.code,
                fact=fact,
                kind=name,
                accepted=", ".join(sorted(known)) or "∅",
            )
    span = _topics(standard, name, kind, facts, span, lines, unit)
    span = _additional(standard, facts, span, lines, unit)
    span = _extras(standard, facts, span, lines, unit)
    return _cut_add(standard, name, kind, facts, span, lines, unit)


def _times(
    span: Span, factor: Decimal, zh: str, en: str, lines: list[Line], unit: MoneyUnit
) -> Span:
    after = span.times(Fraction(factor))
    lead = after.high if after.base is None else after.base
    lines.append(
        Line(
            "factor",
            f"{zh} × {show(factor)} {equals(lead)}",
            f"{en} × {show(factor)} {equals(lead)}",
            {"factor": factor},
            decimal(lead),
            unit,
        )
    )
    return after


def _uplift(
    span: Span, applied: factor_tables.Applied, high: Decimal, lines: list[Line], unit: MoneyUnit
) -> Span:
    after = Span(span.low, span.base, span.high * Fraction(high))
    lines.append(
        Line(
            "uplift",
            f"{applied.zh}：最高可至 × {show(high)} {equals(after.high)}",
            f"{applied.en}: up to × {show(high)} {equals(after.high)}",
            {"high": high},
            decimal(after.high),
            unit,
        )
    )
    return after


def _topics(
    standard: FeeStandard,
    name: str,
    kind: FeeKind,
    facts: Facts,
    span: Span,
    lines: list[Line],
    unit: MoneyUnit,
) -> Span:
    if facts.special_topics == 0:
        return span
    if kind.topic_percent is None or facts.special_topics < 0:
        raise Refused(
            "no-special-topics",
            "{code} adds nothing for {count} special topics in {kind}.",
            code=standard.code,
            kind=name,
            count=facts.special_topics,
        )
    factor = 1 + kind.topic_percent * facts.special_topics / 100
    count, each = facts.special_topics, show(kind.topic_percent)
    zh, en = f"专题 {count} 项，每项加 {each}%：", f"{count} special topics at {each}% each:"
    return _times(span, factor, zh, en, lines, unit)


def _additional(
    standard: FeeStandard, facts: Facts, span: Span, lines: list[Line], unit: MoneyUnit
) -> Span:
    """Several additional factors are added, less their count, plus one; never multiplied."""
    if not facts.additional:
        return span
    for value in facts.additional:
        checked_figure("additional", value)
    count = len(facts.additional)
    factor = sum(facts.additional, Decimal(1 - count))
    if not standard.additional_factors or factor <= 0:
        raise Refused(
            "no-additional-factors",
            "{code} cannot take these additional factors: {given}.",
            code=standard.code,
            given=", ".join(map(str, facts.additional)),
        )
    given = " + ".join(show(value) for value in facts.additional)
    zh = f"附加调整系数 {given} − {count} + 1"
    en = f"Additional factors {given} − {count} + 1"
    return _times(span, factor, zh, en, lines, unit)


def _extras(
    standard: FeeStandard, facts: Facts, span: Span, lines: list[Line], unit: MoneyUnit
) -> Span:
    """Other work priced as a percentage of the fee so far; the percentages add up."""
    rows = {row[0]: row for row in standard.extras}
    share = Fraction(0)
    before = span
    for extra in dict.fromkeys(facts.extras):
        if extra not in rows:
            raise Refused(
                "unknown-extra",
                "Unknown extra {value}; {code} accepts: {accepted}.",
                value=extra,
                code=standard.code,
                accepted=", ".join(rows) or "∅",
            )
        _, zh, en, percent = rows[extra]
        share += Fraction(percent) / 100
        span = before.times(1 + share)
        lead = span.high if span.base is None else span.base
        lines.append(
            Line(
                "extra",
                f"{zh}：另加 {show(percent)}% {equals(lead)}",
                f"{en}: plus {show(percent)}% {equals(lead)}",
                {"percent": percent},
                decimal(lead),
                unit,
            )
        )
    return span


def _cut_add(
    standard: FeeStandard,
    name: str,
    kind: FeeKind,
    facts: Facts,
    span: Span,
    lines: list[Line],
    unit: MoneyUnit,
) -> Span:
    """What a review earns on the part of its cuts and additions above the threshold."""
    if facts.cut_add_wan is None:
        return span
    if kind.cut_add is None or facts.amount_wan is None:
        raise Refused(
            "no-cut-add",
            "{code} adds nothing for cuts and additions in {kind}.",
            code=standard.code,
            kind=name,
        )
    threshold, rate = kind.cut_add
    cut = checked_figure("cut_add_wan", facts.cut_add_wan)
    free = Fraction(facts.amount_wan) * Fraction(threshold) / 100
    over = max(Fraction(cut) - free, Fraction(0))
    fee = over * Fraction(rate) / 100
    text = (
        f"({show(cut)} − {show(facts.amount_wan)} × {show(threshold)}%) × {show(rate)}%"
        f" {equals(fee)}"
    )
    zh, en = f"核增核减追加费：{text}", f"For cuts and additions: {text}"
    if not over:
        zh = f"核增核减 {show(cut)} 不超过 {show(free)}，不追加"
        en = f"Cuts and additions of {show(cut)} do not exceed {show(free)}: nothing is added"
    figures = {"over": decimal(over), "rate": rate, "per": Decimal(100)}
    lines.append(Line("cut-add", zh, en, figures, decimal(fee), unit))
    base = None if span.base is None else span.base + fee
    return Span(span.low + fee, base, span.high + fee)


def cap_and_float(
    standard: FeeStandard, kind: FeeKind, span: Span, lines: list[Line], unit: MoneyUnit
) -> Span:
    """The cap holds for the base and again for the upper end of the float."""
    cap = None if kind.cap_wan is None else Fraction(kind.cap_wan)
    if cap is not None and span.high > cap:
        span = span.capped(cap)
        text = show(cap)
        lines.append(
            Line(
                "cap",
                f"超过最高限额，取 {text}",
                f"Above the cap: {text}",
                {"cap": decimal(cap)},
                decimal(cap),
                unit,
            )
        )
    if standard.float_percent is None or span.base is None:
        return span
    share = Fraction(standard.float_percent) / 100
    floated = Span(span.low * (1 - share), span.base, span.high * (1 + share))
    percent = show(standard.float_percent)
    text = f"{show(span.base)} × (1 ± {percent}%): {show(floated.low)}–{show(floated.high)}"
    lines.append(
        Line(
            "float",
            f"浮动幅度 {text}",
            f"Float {text}",
            {"percent": standard.float_percent},
            decimal(span.base),
            unit,
        )
    )
    if cap is not None and floated.high > cap:
        floated = floated.capped(cap)
        lines.append(
            Line(
                "cap",
                f"浮动后不得超过最高限额 {show(cap)}",
                f"The float may not pass the cap of {show(cap)}",
                {"cap": decimal(cap)},
                decimal(cap),
                unit,
            )
        )
    return floated
