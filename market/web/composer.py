"""The composer: a package is put together with its days and fees in view, by one person, and
adopted by another."""

import re
from typing import Any, Literal

import msgspec
from litestar import Response, get, post

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.catalogue.item_fees import load_item_fees
from market.catalogue.items import Item
from market.catalogue.package_actions import (
    Draft,
    adopt_draft,
    begin_draft,
    change_draft,
    discard_draft,
)
from market.catalogue.package_queries import (
    DraftRow,
    draft,
    known_lines,
    preview,
)
from market.catalogue.packages import FeeLine, Package, Remark
from market.catalogue.project_form import facts_needed
from market.catalogue.queries import items, packages
from market.catalogue.standard_versions import newest_standards
from market.web import asked
from market.web.catalogue import EXAMPLE
from market.web.forms import Form, refusal, submitted
from market.web.item_form import rows_shown
from market.web.project import read_facts
from market.web.render import locale_of, page, see_other
from market.web.text import error_text
from ratings.ledger.actors import Role
from ratings.ledger.clock import local_date
from ratings.ledger.errors import SteelyardError
from ratings.ledger.text import N_

_HERE = "/console/composer"
Status = Literal["published", "copy", "unconfirmed", "proposal"]
_ROLES = ("required", "optional", "related")
_REMARKS = ("pitfalls", "violations")
_OF_A_REMARK = ("zh", "en", "source_zh", "source_en")
_STATUSES: tuple[Status, Status, Status, Status] = (
    "published",
    "copy",
    "unconfirmed",
    "proposal",
)
_FIELDS = {
    "reason-missing": "reason",
    "discount-out-of-bounds": "discount",
    "package-unnamed": "name_zh",
    "package-code": "code",
    "version-backdated": "effective_on",
    "version-overtakes": "effective_on",
}


class _Bench(msgspec.Struct, frozen=True):
    """What lies on the bench: the package as it is, if there is one, its draft, all items."""

    code: str
    current: Package | None
    draft: DraftRow | None
    every: dict[str, Item]
    lines: list[FeeLine]

    def offered(self, code: str) -> dict[str, FeeLine]:
        """The lines that may price an item, by the name of the choice: the county range, the
        item's own line outside of packages, and those of the packages."""
        every = [*load_item_fees(), *self.base.fee_lines, *self.lines]
        standing = [line for line in every if code in line.items and line.parts]
        found = {"county": FeeLine(items=(code,))}
        for line in standing:
            if line not in found.values():
                found[f"line-{len(found)}"] = line
        return found

    @property
    def base(self) -> Package:
        if self.draft is not None:
            return self.draft.record
        return self.current or Package(
            code=self.code,
            name_zh="",
            name_en="",
            description_zh="",
            description_en="",
            items=(),
            fee_lines=(),
        )


async def _bench(code: str) -> _Bench:
    current = {one.code: one.record for one in await packages()}.get(code)
    every = {one.code: one for one in await items()}
    return _Bench(code, current, await draft(code), every, await known_lines())


def _typed(record: Package, reason: str) -> dict[str, str]:
    """The form of a composition."""
    percent = record.discount_percent
    typed = {
        "name_zh": record.name_zh,
        "name_en": record.name_en,
        "description_zh": record.description_zh,
        "description_en": record.description_en,
        "discount": "" if percent is None else str(percent),
        "reason": reason,
    }
    for name in _REMARKS:
        remarks: tuple[Remark, ...] = getattr(record, name)
        for at, one in enumerate(remarks):
            said = msgspec.structs.asdict(one) | {"items": " ".join(one.items)}
            typed |= {f"{name}-{at}-{field}": value for field, value in said.items()}
    for role, codes in zip(_ROLES, (record.items, record.optional, record.related), strict=True):
        typed |= {f"role-{code}": role for code in codes}
    return typed | {f"waits-{code}": " ".join(before) for code, before in record.waits.items()}


def _composed(form: Form, bench: _Bench) -> Package:
    """What was put together. Items keep their place, new ones come last in the order of codes.

    A fee line is the one that the package, or else another package, has for its items; an item
    that no line covers is priced by the county range.
    """
    base = bench.base
    order = dict.fromkeys((*base.items, *base.optional, *base.related, *bench.every))
    roles = {
        role: tuple(code for code in order if form.text(f"role-{code}") == role) for role in _ROLES
    }
    within = (*roles["required"], *roles["optional"])
    # What was chosen for an item comes before what the package, or another one, has for it.
    chosen = [
        line
        for code in within
        if (line := bench.offered(code).get(form.text(f"fee-{code}"))) is not None
    ]
    lines: list[FeeLine] = []
    for line in (*chosen, *base.fee_lines, *bench.lines):
        covered = {code for one in lines for code in one.items}
        if set(line.items) <= set(within) and covered.isdisjoint(line.items):
            lines.append(line)
    covered = {code for one in lines for code in one.items}
    lines += [FeeLine(items=(code,)) for code in within if code not in covered]
    return msgspec.structs.replace(
        base,
        name_zh=form.text("name_zh"),
        name_en=form.text("name_en"),
        description_zh=form.text("description_zh"),
        description_en=form.text("description_en"),
        items=roles["required"],
        optional=roles["optional"],
        related=roles["related"],
        waits={
            code: named
            for code in within
            if (named := tuple(dict.fromkeys(re.findall(r"\w+", form.text(f"waits-{code}")))))
        },
        fee_lines=tuple(lines),
        discount_percent=form.decimal("discount"),
        pitfalls=_remarks(form, "pitfalls"),
        violations=_remarks(form, "violations"),
    )


def _remarks(form: Form, name: str) -> tuple[Remark, ...]:
    """The rows that say something; what a row lacks is marked at its field."""
    found = []
    for at in range(rows_shown(form.typed, name)):
        key = f"{name}-{at}"
        texts = {field: form.text(f"{key}-{field}") for field in _OF_A_REMARK}
        codes = form.text(f"{key}-items")
        if any(texts.values()) or codes:
            form.required(*(f"{key}-{field}" for field in _OF_A_REMARK))
            status = form.choice(f"{key}-status", *_STATUSES)
            items_meant = tuple(dict.fromkeys(re.findall(r"\w+", codes)))
            found.append(Remark(items=items_meant, status=status, **texts))
    return tuple(found)


async def _composer_page(
    request: Asking, bench: _Bench, form: Form, error: SteelyardError | None = None
) -> Response[str]:
    record = _composed(form, bench)
    if error is None:
        error, status = _unread(form), 200
    else:
        status = error.status
    standards = await newest_standards()
    fields = facts_needed(record, standards)
    figures = {one.name: form.text(one.name) or EXAMPLE.get(one.name, "") for one in fields}
    who = actor(request)
    facts = read_facts(Form(figures), fields)
    counted = [code for code in record.optional if form.text(f"option-{code}")]
    found = await preview(record, facts, local_date(who.at), counted)
    locale = locale_of(request)
    order = dict.fromkeys((*record.items, *record.optional, *record.related, *bench.every))
    every = [bench.every[code] for code in order if code in bench.every]
    return page(
        request,
        "centre/composer.html",
        fragment="preview",
        status=status,
        bench=bench,
        record=record,
        every=bench.every,
        standards=standards,
        shown=[one for one in every if form.text(f"role-{one.code}")],
        others=[one for one in every if one.active and not form.text(f"role-{one.code}")],
        priced=[
            (bench.every[code], _line_of(record, code), bench.offered(code))
            for code in (*record.items, *record.optional)
            if code in bench.every
        ],
        remark_rows={name: rows_shown(form.typed, name) for name in _REMARKS},
        fields=fields,
        figures=figures,
        counted=counted,
        preview=found,
        wrong=[error_text(locale, one) for one in found.problems],
        unpriced=error_text(locale, found.unpriced) if found.unpriced else "",
        typed=form.typed,
        person=who.person,
        today=local_date(who.at),
        **refusal(request, error, _FIELDS),
    )


def _line_of(record: Package, code: str) -> FeeLine | None:
    return next((line for line in record.fee_lines if code in line.items), None)


def _unread(form: Form) -> SteelyardError | None:
    """What of a form that is only tried out could not be understood: told, but no failure."""
    try:
        form.check()
    except SteelyardError as error:
        return error
    return None


@get(_HERE, **allow(Role.CENTRE))
async def composer(request: Asking) -> Response[Any]:
    code = asked.word(request, "code")
    if not code:
        return see_other("/console/packages")
    bench = await _bench(code)
    reason = bench.draft.reason if bench.draft else ""
    return await _composer_page(request, bench, Form(_typed(bench.base, reason)))


@post(_HERE, **allow(Role.CENTRE))
async def compose(request: Asking) -> Response[Any]:
    """`button` says what to do; without one, as htmx sends it, the preview is renewed."""
    form, who = await submitted(request), actor(request)
    bench = await _bench(form.text("code"))
    record = _composed(form, bench)
    if form.text("button") != "save":
        return await _composer_page(request, bench, form)
    try:
        form.required("reason")
        form.check()
        wanted = Draft(record, form.text("reason"))
        if form.text("version"):
            await change_draft(who, bench.code, wanted, form.versions("version"))
        else:
            await begin_draft(who, wanted)
    except SteelyardError as error:
        return await _composer_page(request, bench, form, error)
    return see_other(
        f"{_HERE}?code={bench.code}", N_("The draft is saved; another person adopts it.")
    )


@post("/console/composer/decision", **allow(Role.CENTRE))
async def decide(request: Asking) -> Response[Any]:
    """Adopt the draft that was read, or give it up."""
    form, who = await submitted(request), actor(request)
    code, read = form.text("code"), form.versions("version")
    try:
        if form.text("button") == "discard":
            await discard_draft(who, code, form.text("discard_reason"), read)
            return see_other("/console/packages", N_("The draft is discarded."))
        effective_on = form.day("effective_on")
        form.check()
        number = await adopt_draft(who, code, effective_on, read)
    except SteelyardError as error:
        bench = await _bench(code)
        shown = _typed(bench.base, bench.draft.reason if bench.draft else "") | form.typed
        return await _composer_page(request, bench, Form(shown), error)
    return see_other(
        f"/packages/{code}/versions", N_("Version {number} is adopted."), number=number
    )


ROUTES = [composer, compose, decide]
