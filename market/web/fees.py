"""The published fee standards: each document with its tables, and what it gives for a figure."""

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec
from litestar import Response, get
from litestar.params import FromPath

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.catalogue.factors import ByChoice, ByNumber, ByStep, ByUplift, Factor
from market.catalogue.fee_standards import FeeKind
from market.catalogue.fees import Estimate, Facts, estimate
from market.catalogue.queries import items
from market.catalogue.shapes import (
    Ceiling,
    Interpolation,
    Missing,
    Negotiation,
    Progressive,
    UnitPrice,
)
from market.catalogue.standard_versions import standard_on, standards_on
from market.catalogue.workings import RATE_SIGN, show
from market.web import asked
from market.web.curve import curve_of
from market.web.forms import Form, refusal
from market.web.render import page
from ratings.ledger.actors import Role
from ratings.ledger.clock import local_date
from ratings.ledger.errors import SteelyardError
from ratings.ledger.text import N_

_EXAMPLE_WAN, _EXAMPLE_QUANTITY = "5000", "10"
_TYPED = ("figure", "grade", "special_topics", "cut_add_wan", "additional", "as_of")


@get("/fees", **allow(Role.PUBLIC))
async def fees(request: Asking) -> Response[str]:
    standards = await standards_on(local_date(actor(request).at))
    used: dict[str, list[Any]] = {}
    for item in await items(active=True):
        if item.fee_standard:
            used.setdefault(item.fee_standard, []).append(item)
    return page(request, "fees/index.html", standards=list(standards.values()), used=used)


@get("/fees/{code:str}", **allow(Role.PUBLIC))
async def fee(request: Asking, code: FromPath[str]) -> Response[str]:
    today = local_date(actor(request).at)
    quoted = Form({"as_of": asked.word(request, "as_of")})
    day, undated = today, None
    if quoted.text("as_of"):
        try:
            day = quoted.day("as_of")
            quoted.check()
        except SteelyardError as refused:
            day, undated = today, refused
    standard = await standard_on(asked.plain(code), day)
    name = asked.one_of(request, "kind", tuple(standard.kinds)) or next(iter(standard.kinds))
    kind = standard.kinds[name]
    factors = [one for one in standard.factors if not one.kinds or name in one.kinds]
    asking = [_question(one) for one in factors if not (isinstance(one, ByChoice) and one.partial)]
    typed = {one: asked.word(request, one) for one in (*_TYPED, *_facts(asking))}
    example = not typed["figure"]
    if example:
        typed["figure"] = _EXAMPLE_WAN if kind.driver == "amount" else _EXAMPLE_QUANTITY
    found: Estimate | None = None
    error: SteelyardError | None = undated
    facts = Facts(kind=name)
    chosen = tuple(one for one in request.query_params.getall("extra", []) if one)
    try:
        facts = _wanted(name, kind, Form(typed), _facts(asking), chosen)
        found = estimate(standard, msgspec.structs.replace(facts, as_of=day))
    except SteelyardError as refused:
        error = refused
    return page(
        request,
        "fees/show.html",
        standard=standard,
        name=name,
        kind=kind,
        table=table_of(kind),
        questions=asking,
        grades=list(kind.table.prices) if isinstance(kind.table, UnitPrice) else [],
        partial=[one for one in factors if isinstance(one, ByChoice) and one.partial],
        typed=typed,
        example=example,
        chosen=chosen,
        today=today,
        found=found,
        curve=curve_of(standard, facts),
        **refusal(request, error),
    )


def _question(table: Factor) -> dict[str, Any]:
    """A factor as a field: its choices, or the limits of the number it wants."""
    choices: list[tuple[str, str, str, str]] = []
    limits = ""
    match table:
        case ByChoice():
            choices = [(code, zh, en, f"× {show(factor)}") for code, zh, en, factor in table.rows]
        case ByUplift():
            choices = [(code, zh, en, f"≤ +{show(more)}%") for code, zh, en, more in table.rows]
        case ByNumber():
            limits = f"{show(table.low)}–{show(table.high)}"
        case ByStep():
            limits = f"≤ {show(table.rows[-1][0])}"
    return {"fact": table.fact, "table": table, "choices": choices, "limits": limits}


def _facts(asking: list[dict[str, Any]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one["fact"] for one in asking))


def _wanted(
    name: str, kind: FeeKind, form: Form, facts: tuple[str, ...], extras: tuple[str, ...]
) -> Facts:
    figure = form.decimal("figure")
    given: dict[str, object] = {fact: form.text(fact) for fact in facts if form.text(fact)}
    if "altitude_m" in given:
        given["altitude_m"] = form.decimal("altitude_m")
    additional = [_number(form, one) for one in form.text("additional").replace("，", " ").split()]
    topics = form.whole("special_topics") if form.text("special_topics") else 0
    cut_add = form.decimal("cut_add_wan")
    form.check()
    by_amount = kind.driver == "amount"
    wanted = Facts(
        kind=name,
        amount_wan=figure if by_amount else None,
        quantity=None if by_amount else figure,
        grade=form.text("grade") or None,
        special_topics=topics,
        cut_add_wan=cut_add,
        additional=tuple(additional),
        extras=extras,
    )
    return msgspec.structs.replace(wanted, **given)


def _number(form: Form, text: str) -> Decimal:
    """One of several numbers in the field of additional factors."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite():
        form.fault("additional", "not-a-number", "This is not a number.")
        return Decimal(1)
    return value


class FeeTable(msgspec.Struct, frozen=True):
    """A table as printed: msgids of its heads and of what it is, and its rows of text."""

    what: str
    heads: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]


def table_of(kind: FeeKind) -> FeeTable:
    """The table of a kind as rows to read; `up to` includes the limit."""
    heads: tuple[str, ...] = (N_("Figure"), N_("Fee"))
    table = kind.table
    match table:
        case Progressive():
            sign = RATE_SIGN[table.rate_unit]
            lump = [(_upto(table.lump[0]), show(table.lump[1]))] if table.lump else []
            rows = [(_upto(limit), f"{show(rate)} {sign}") for limit, rate in table.bands]
            if table.above is not None:
                rows.append((_beyond(table.bands[-1][0]), f"{show(table.above)} {sign}"))
            what = N_("Progressive rates by band")
            return FeeTable(what, (heads[0], N_("Rate")), [*lump, *rows])
        case Interpolation():
            rows = [(show(figure), show(price)) for figure, price in table.points]
            return FeeTable(N_("Straight lines between points"), heads, rows)
        case Negotiation():
            rows = [(_upto(limit), f"{show(a)}–{show(b)}") for limit, a, b in table.bands]
            if table.above is not None:
                low, high = table.above
                rows.append((_beyond(table.bands[-1][0]), f"{show(low)}–{show(high)}"))
            return FeeTable(N_("A range to agree on within each band"), heads, rows)
        case Ceiling():
            rate = f"≤ {show(table.rate)} {RATE_SIGN[table.rate_unit]}"
            return FeeTable(
                N_("A ceiling"), (heads[0], N_("Rate")), [(kind.figure_zh, rate.strip())]
            )
        case UnitPrice():
            prices = [(grade, show(price)) for grade, price in table.prices.items()]
            return FeeTable(
                N_("A price for each unit"), (N_("Grade"), N_("Yuan for each unit")), prices
            )
        case Missing():
            return FeeTable(N_("This row was not found and is not guessed"), heads, [])


def _upto(limit: Decimal) -> str:
    return f"≤ {show(limit)}"


def _beyond(limit: Decimal) -> str:
    return f"> {show(limit)}"


ROUTES = [fees, fee]
