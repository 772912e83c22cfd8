"""Whether an agency may be chosen, given what it and its related firms do for the same project.

Part of a transaction: the projects are locked, so that of two choices that cross the later one
sees the earlier one.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from market.agencies.related import Related, related_to
from market.catalogue.independence import Clash, Past, clash, review_rules, rules_about
from market.catalogue.queries import item
from market.purchasing.projects import OwnersProject
from ratings.ledger.actors import Actor
from ratings.ledger.database import execute, fetch
from ratings.ledger.errors import Bilingual, Refused


class _Work(msgspec.Struct, frozen=True):
    past: Past
    number: str
    agency_name: Bilingual


async def refuse_dependent(
    actor: Actor, uscc: str, items: Sequence[str], projects: Sequence[OwnersProject]
) -> None:
    """Refused where the agency would review what it or a related firm writes, or the reverse.

    The engagement is named to its own owner and agency only; others learn the rule and the item.
    """
    rules = rules_about(items, review_rules())
    if not rules:
        return
    for key in sorted({project.key for project in projects}):
        await execute("SELECT pg_advisory_xact_lock(hashtext($1))", f"independence {key}")
    firms = {one.uscc: one for one in await related_to(uscc)}
    for project in dict.fromkeys(projects):
        works = await _works(project, [uscc, *firms])
        found = clash(items, [one.past for one in works.values()], rules)
        if found is not None:
            raise await _refusal(actor, found, works[found.past], firms.get(found.past.agency))


async def _works(project: OwnersProject, agencies: Sequence[str]) -> dict[Past, _Work]:
    """What the agencies do or have done for the project, item by item, the latest first."""
    rows = await fetch(
        "SELECT m.item, e.agency, e.id::text, e.owner::text, e.project_name, e.number, a.name,"
        " a.name_en FROM engagement e JOIN milestone m ON m.engagement = e.id"
        " JOIN agency a ON a.uscc = e.agency WHERE e.owner = $1 AND e.agency = ANY($2::text[])"
        " ORDER BY e.started_at DESC, m.position",
        project.owner,
        list(agencies),
    )
    return {
        (past := Past(row[0], row[1], row[2])): _Work(
            past, row[5], Bilingual(zh=row[6], en=row[7] or row[6])
        )
        for row in rows
        if OwnersProject(row[3], row[4]).key == project.key
    }


async def _refusal(actor: Actor, found: Clash, work: _Work, related: Related | None) -> Refused:
    wanted, done = await item(found.wanted), await item(found.past.item)
    says: dict[str, Any] = {
        "wanted": Bilingual(zh=wanted.name_zh, en=wanted.name_en),
        "done": Bilingual(zh=done.name_zh, en=done.name_en),
        "basis": Bilingual(zh=found.rule.basis_zh, en=found.rule.basis_en),
    }
    own = actor.uscc == found.past.agency
    named = own or await _is_owner(actor, found.past.engagement)
    if related is None and named:
        return Refused(
            "reviewer-not-independent",
            "This agency cannot do “{wanted}”: under engagement {engagement} it does “{done}” for"
            " the same project. {basis}",
            engagement=work.number,
            **says,
        )
    if related is None:
        return Refused(
            "reviewer-not-independent",
            "This agency cannot do “{wanted}”: it does “{done}” for the project of somebody in the"
            " group. {basis}",
            **says,
        )
    if named:
        return Refused(
            "reviewer-related",
            "This agency cannot do “{wanted}”: under engagement {engagement} {firm} does “{done}”"
            " for the same project, and the two are related ({bond}). {basis}",
            engagement=work.number,
            firm=work.agency_name,
            bond=related.bond,
            **says,
        )
    return Refused(
        "reviewer-related",
        "This agency cannot do “{wanted}”: a related firm ({bond}) does “{done}” for the project of"
        " somebody in the group. {basis}",
        bond=related.bond,
        **says,
    )


async def _is_owner(actor: Actor, engagement: str) -> bool:
    rows = await fetch(
        "SELECT true FROM engagement WHERE id = $1 AND owner = $2::uuid",
        engagement,
        actor.organisation,
    )
    return bool(rows)
