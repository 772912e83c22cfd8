"""Evaluating as the market lets one: not by somebody who is related to the agency."""

from collections.abc import Mapping

from market.agencies.bonds import Stated
from market.agencies.rater_ties import Firm, rater_tie
from ratings.evaluations import actions
from ratings.evaluations.indicators import Party
from ratings.evaluations.queries import DocketRow, asked_party, docket
from ratings.evaluations.relation_queries import has_stepped_back
from ratings.integrity import rerating_actions
from ratings.integrity.rerating_queries import rerating
from ratings.ledger.actors import Actor
from ratings.ledger.database import fetch, tx
from ratings.ledger.errors import Bilingual, Conflict, Forbidden


async def tie_to(actor: Actor, uscc: str) -> Bilingual | None:
    """What ties the person who acts to an agency, by what the market knows at this moment."""
    rows = await fetch(
        "SELECT a.uscc, a.contact_name, a.contact_phone, a.address, EXISTS ("
        "  SELECT FROM membership m WHERE m.organisation = a.organisation"
        "  AND m.person::text = $2 AND m.deactivated_at IS NULL)"
        " FROM agency a WHERE a.uscc = $1 OR EXISTS ("
        "  SELECT FROM membership m WHERE m.organisation = a.organisation"
        "  AND m.person::text = $2 AND m.deactivated_at IS NULL)",
        uscc,
        actor.person,
    )
    firms = [(Firm(row[0], Stated(*tuple(row)[1:4])), row[4]) for row in rows]
    agency = next((firm for firm, _ in firms if firm.uscc == uscc), None)
    if agency is None:
        return None
    return rater_tie([firm for firm, acts in firms if acts], agency)


async def answer(
    actor: Actor,
    identifier: str,
    scores: dict[str, str],
    comment: str,
    *,
    reasons: Mapping[str, str],
    final: bool,
) -> Party:
    """As `ratings.evaluations.actions.answer`, Forbidden to a rater related to the agency."""
    async with tx():
        await _check_untied(actor, await docket(actor, identifier))
        return await actions.answer(
            actor, identifier, scores, comment, reasons=reasons, final=final
        )


async def revise(
    actor: Actor,
    identifier: str,
    scores: dict[str, str],
    comment: str,
    *,
    reasons: Mapping[str, str],
    final: bool,
) -> Party:
    """As `ratings.evaluations.actions.revise`, Forbidden to a rater related to the agency."""
    async with tx():
        await _check_untied(actor, await docket(actor, identifier))
        return await actions.revise(
            actor, identifier, scores, comment, reasons=reasons, final=final
        )


async def rate_again(
    actor: Actor,
    identifier: str,
    scores: Mapping[str, str],
    reason: str,
    reasons: Mapping[str, str],
) -> None:
    """As `ratings.integrity.rerating_actions.rate_again`, Forbidden to a person of the centre who
    is related to the agency or has stepped back from the evaluation."""
    async with tx():
        row = await docket(actor, (await rerating(actor, identifier)).docket)
        await _check_untied(actor, row)
        if await has_stepped_back(row.id, actor.person):
            raise Conflict(
                "stepped-back",
                "You have stepped back from this evaluation; another person of your organisation"
                " answers.",
            )
        await rerating_actions.rate_again(actor, identifier, scores, reason, reasons)


async def _check_untied(actor: Actor, row: DocketRow) -> None:
    tie = await tie_to(actor, row.uscc) if asked_party(actor, row) else None
    if tie is not None:
        raise Forbidden(
            "rater-related",
            "You are related to the agency ({tie}), so another person of your organisation"
            " evaluates its work.",
            tie=tie,
        )
