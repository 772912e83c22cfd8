"""The acts of the ledger that anybody may read, each in one sentence.

Cases are not among them: an agency answers first, and only what was decided becomes public.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from babel import Locale

from market.agencies.queries import agency
from market.catalogue.edition_queries import edition
from market.catalogue.queries import PackageRow, item, packages
from market.purchasing.queries import group_buy
from market.web import case_words, text, words
from ratings.ledger.actors import Actor, Role
from ratings.ledger.clock import now
from ratings.ledger.errors import NotFound
from ratings.ledger.queries import history, latest
from ratings.ledger.rules import Entry

OF_AN_AGENCY = (
    "agency.admitted",
    "agency.delisted",
    "agency.relisted",
    "case.warned",
    "delisting.objected",
    "delisting.objection_answered",
    "outside_event.reported",
    "rectification.checked",
    "rectification.ordered",
    "standing.published",
    "listing.put_up",
    "listing.withdrawn",
)
OF_THE_MARKET = (
    "agency.admitted",
    "agency.delisted",
    "agency.relisted",
    "case.warned",
    "delisting.objected",
    "delisting.objection_answered",
    "rectification.checked",
    "rectification.ordered",
    "county_range.set",
    "fee_standard.adopted",
    "edition.adopted",
    "policy.adopted",
    "group_buy.closed",
    "group_buy.chosen",
)
OF_CREDIT = (
    "agency.delisted",
    "agency.relisted",
    "case.warned",
    "delisting.objected",
    "delisting.objection_answered",
    "policy.adopted",
    "rectification.checked",
    "rectification.ordered",
)

_SENTENCE_TEXT = {
    "agency.delisted": "Delisted until {until}",
    "edition.adopted": "Edition of the list adopted, in force from {day}",
    "listing.put_up": "Listing put up: {package}, {price_fen}",
    "policy.adopted": "Policy of the stars adopted, in force from {day}",
    "outside_event.reported": "Outside event taken in: {source}, {document}",
    "rectification.ordered": "Ordered to rectify until {due}",
    "rated": "Stars changed to {stars}★, score {score}",
    "unrated": "Not rated any more: no engagement in the last 12 months",
}


def named(locale: Locale, chinese: str, english: str) -> str:
    return chinese if locale == text.ZH or not english else english


async def agency_history(locale: Locale, uscc: str) -> list[dict[str, Any]]:
    """For the macro `timeline`, the newest first; a standing only where the stars changed."""
    catalogue = {package.code: package for package in await packages()}
    kept = [entry for entry in await history("agency", uscc, on_view=True) if _matters(entry)]
    return [_told(locale, entry, catalogue) for entry in reversed(kept)]


def _matters(entry: Entry) -> bool:
    if entry.act == "standing.published":
        facts = entry.fact()
        return facts.get("stars") != facts.get("stars_before")
    return entry.act in OF_AN_AGENCY


async def latest_decisions(
    locale: Locale, acts: tuple[str, ...], limit: int
) -> list[dict[str, Any]]:
    """The newest of the named acts, each with what it is about and where to read on."""
    catalogue = {package.code: package for package in await packages()}
    found = await latest(limit, acts, on_view=True)
    about = await _subjects(locale, found)
    return [
        {**_told(locale, entry, catalogue), **about.get((entry.subject_kind, entry.subject), {})}
        for entry in found
    ]


def _told(locale: Locale, entry: Entry, catalogue: Mapping[str, PackageRow]) -> dict[str, Any]:
    facts = entry.fact()
    msgid, params = words.act_word(entry.act), dict[str, object]()
    if entry.act == "standing.published":
        msgid = _SENTENCE_TEXT["unrated" if facts["stars"] is None else "rated"]
        params = {"stars": facts["stars"], "score": facts["score"]}
    elif entry.act == "agency.delisted":
        params = {"until": date.fromisoformat(str(facts["until"]))}
    elif entry.act == "delisting.objection_answered":
        msgid = case_words.OUTCOMES[str(facts["outcome"])][0]
    elif entry.act == "rectification.ordered":
        params = {"due": date.fromisoformat(str(facts["due"]))}
    elif entry.act == "rectification.checked":
        msgid = case_words.CHECKS[str(facts.get("outcome", "again"))]
    elif entry.act == "edition.adopted":
        params = {"day": date.fromisoformat(str(facts["effective_on"]))}
    elif entry.act == "policy.adopted":
        params = {"day": date.fromisoformat(str(facts["valid_from"]))}
    elif entry.act == "listing.put_up":
        found = catalogue.get(str(facts["package"]))
        name = named(locale, found.name_zh, found.name_en) if found else str(facts["package"])
        params = {"package": name, "price_fen": facts["price_fen"]}
    elif entry.act == "outside_event.reported":
        params = {"source": facts["source"], "document": facts["document"]}
    sentence = _SENTENCE_TEXT.get(entry.act, msgid)
    return {
        "at": entry.at,
        "act": entry.act,
        "title": text.gettext(locale, sentence, **(params if "{" in sentence else {})),
        "who": text.gettext(locale, words.KINDS.get(entry.role, "")),
        "reason": entry.reason,
        "tone": words.ACTS[entry.act][1] if entry.act in words.ACTS else "",
    }


async def _subjects(
    locale: Locale, entries: Iterable[Entry]
) -> dict[tuple[str, str], dict[str, str]]:
    found: dict[tuple[str, str], dict[str, str]] = {}
    for entry in entries:
        key = (entry.subject_kind, entry.subject)
        if key not in found:
            try:
                found[key] = await _subject(locale, *key)
            except NotFound:
                found[key] = {"about": entry.subject, "href": ""}
    return found


async def _subject(locale: Locale, kind: str, identifier: str) -> dict[str, str]:
    if kind == "agency":
        who = await agency(identifier)
        return {"about": named(locale, who.name, who.name_en), "href": f"/agencies/{identifier}"}
    if kind == "group_buy":
        group = await group_buy(identifier)
        return {"about": group.title, "href": f"/group-buys/{identifier}"}
    if kind == "item":
        record = await item(identifier)
        name = named(locale, record.name_zh, record.name_en)
        return {"about": name, "href": f"/items/{identifier}"}
    if kind == "policy":
        return {"about": identifier, "href": f"/policies/{identifier}"}
    if kind == "edition":
        adopted = await edition(Actor(Role.PUBLIC, now()), identifier)
        title = named(locale, adopted.title_zh, adopted.title_en)
        return {"about": title, "href": f"/editions/{identifier}"}
    return {"about": identifier, "href": ""}
