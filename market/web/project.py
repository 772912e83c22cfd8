"""The figures of a project in a form: the fields a package asks for, read and shown again."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from market.catalogue.fee_standards import FeeStandard
from market.catalogue.package_fees import PackageRange
from market.catalogue.packages import Package
from market.catalogue.project_facts import Field, ProjectFacts
from market.catalogue.project_form import facts_needed
from market.catalogue.queries import PackageRow, package_range
from market.web.forms import Form
from ratings.ledger.actors import Actor
from ratings.ledger.clock import local_date
from ratings.ledger.errors import SteelyardError


def read_facts(form: Form, fields: Sequence[Field]) -> ProjectFacts:
    """The figures typed; an empty field is “not given”. Numbers leave their faults in the form."""
    given: dict[str, object] = {}
    for field in fields:
        if field.required:
            form.required(field.name)
        if field.type == "number":
            given[field.name] = form.decimal(field.name)
        elif any(choice.code == form.text(field.name) for choice in field.choices):
            given[field.name] = form.text(field.name)
    return msgspec.convert(given, ProjectFacts)


def read_options(form: Form, package: Package) -> tuple[str, ...]:
    """The optional items that were ticked."""
    return tuple(code for code in package.optional if form.text(f"option-{code}"))


async def standard_range(actor: Actor, form: Form, package: PackageRow) -> PackageRange:
    """What the package may cost today for the figures typed, with the chosen optional items."""
    facts = read_facts(form, package.figures)
    form.check()
    options = read_options(form, package.record)
    return await package_range(package.code, facts, local_date(actor.at), options)


async def offered_range(
    actor: Actor, form: Form, package: PackageRow
) -> tuple[PackageRange | None, SteelyardError | None]:
    """What the package may cost today for the figures typed, or why that cannot be said.

    Neither, before anything was typed. The form keeps its faults for whoever reads it next.
    """
    if not form.typed:
        return None, None
    try:
        return await standard_range(actor, Form(form.typed), package), None
    except SteelyardError as error:
        return None, error


class Figure(msgspec.Struct, frozen=True):
    """A figure of a project as people read it."""

    label_zh: str
    label_en: str
    value_zh: str
    value_en: str


def figures(
    package: Package, facts: dict[str, Any], standards: Mapping[str, FeeStandard]
) -> list[Figure]:
    """The figures that were given, in the order of the form."""
    return [
        _figure(field, str(facts[field.name]))
        for field in facts_needed(package, standards)
        if facts.get(field.name) is not None
    ]


def _figure(field: Field, value: str) -> Figure:
    chosen = {choice.code: choice for choice in field.choices}.get(value)
    if chosen:
        return Figure(field.label_zh, field.label_en, chosen.zh, chosen.en)
    return Figure(
        field.label_zh,
        field.label_en,
        f"{value} {field.unit_zh}".strip(),
        f"{value} {field.unit_en}".strip(),
    )
