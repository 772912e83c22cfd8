"""What the latest screen for shell agencies found about one of them."""

from decimal import Decimal
from typing import Any, cast

from babel import Locale
from litestar import Response, get
from litestar.params import FromPath

from market.accounts.identity import Asking
from market.accounts.permissions import allow
from market.agencies.queries import agency_names
from market.files.store import open_store
from market.settings import Settings
from market.web import asked, text
from market.web.formats import fine_percent
from market.web.heat_strip import heat_strip
from market.web.render import locale_of, page
from ratings.ledger.actors import Role
from ratings.ledger.clock import now
from ratings.ledger.errors import NotFound
from ratings.ledger.text import N_
from ratings.sanctions.queries import case_files
from ratings.sanctions.rules import Kind
from ratings.shells.policy import Common
from ratings.shells.policy_queries import screen_policy_of
from ratings.shells.queries import FindingRow, finding, screen_that_saw
from ratings.shells.rescoring import RescoredRow, kept_county, not_kept, rescored_now

OUTCOMES = {
    "case": (N_("Flagged"), "seal"),
    "watch": (N_("Watched"), "warn"),
    "none": (N_("Nothing found"), "ok"),
    "insufficient": (N_("Too little data"), ""),
}
CLASSES = {
    "base": "",
    "excuse": N_("Excuse on record"),
    "tax": N_("Tax and invoices"),
    "people": N_("Insured staff"),
    "register": N_("Business register"),
    "ties": N_("Ties to other firms"),
    "certificates": N_("Certificate holders"),
    "contradictions": N_("Contradictions"),
    "power": N_("Electricity"),
    "court": N_("Courts and penalties"),
    "orders": N_("Orders on the platform"),
}
_HUNDREDTH = Decimal("0.01")


@get("/console/screen/{uscc:str}", **allow(Role.CENTRE))
async def finding_page(request: Asking, uscc: FromPath[str]) -> Response[str]:
    code = asked.plain(uscc)
    found, ran = await finding(code), await screen_that_saw(code)
    if found is None or ran is None:
        raise NotFound("finding-unknown", "No screen has seen the code {uscc}.", uscc=code)
    policy = await screen_policy_of(ran.policy_digest)
    return page(
        request,
        "centre/finding.html",
        finding=found,
        kept=await kept_county(code),
        outcomes=OUTCOMES,
        name=(await agency_names([code])).get(code),
        evidence=evidence_rows(locale_of(request), found),
        strip=await heat_strip(request, locale_of(request), code, found.as_of_month),
        excuses=[reason for reason in found.reasons if reason.signal_class == "excuse"],
        cuts=(policy.watch_probability, policy.case_probability),
        cases=[case for case in await case_files(uscc=code) if case.kind is Kind.SHELL],
    )


@get("/console/screen/{uscc:str}/now", **allow(Role.CENTRE))
async def finding_now(request: Asking, uscc: FromPath[str]) -> Response[str]:
    """Apart from the pages that show it, which must not wait for the disk."""
    code = asked.plain(uscc)
    return await rescored_page(
        request,
        "centre/rescored.html",
        code,
        name=(await agency_names([code])).get(code),
        own=False,
    )


async def rescored_page(request: Asking, template: str, code: str, **more: Any) -> Response[str]:
    """The same for officials and for the agency itself: it says nothing but what follows from the
    agency's own rows."""
    settings = cast(Settings, request.app.state.settings)
    found = await rescored_now(code, open_store(settings.files), now())
    if found is None:
        raise not_kept(code)
    return page(
        request,
        template,
        fragment="now",
        found=found,
        rows=[_moved(locale_of(request), row) for row in found.rows],
        outcomes=OUTCOMES,
        **more,
    )


def _moved(locale: Locale, row: RescoredRow) -> tuple[str, str, str]:
    """What the row says, by its newer sentence, and its points then and now."""
    told = row.after or row.before
    assert told is not None
    sentence = told.sentence_zh if locale == text.ZH else told.sentence
    points = [f"{_cut(one.contribution):+.2f}" if one else "" for one in (row.before, row.after)]
    return sentence.format(**told.params), points[0], points[1]


def evidence_rows(locale: Locale, found: FindingRow) -> list[dict[str, Any]]:
    """The reasons as rows of two decimals whose points sum to the log-odds shown below them."""
    rows: list[dict[str, Any]] = []
    for reason in found.reasons:
        points = _cut(reason.contribution)
        if points or reason.signal_class in ("base", "excuse"):
            sentence = reason.sentence_zh if locale == text.ZH else reason.sentence
            kind = CLASSES.get(reason.signal_class, reason.signal_class)
            notes = [text.gettext(locale, kind)] if kind else []
            if reason.common:
                notes.append(_common(locale, reason.common))
            rows.append(
                {
                    "label": sentence.format(**reason.params),
                    "note": " · ".join(notes),
                    "points": points,
                }
            )
    total = _cut(found.log_odds)
    gap = total - sum((row["points"] for row in rows), Decimal(0))
    if gap:
        rows.append({"label": text.gettext(locale, "Rounding to two decimals."), "points": gap})
    rows.append({"label": text.gettext(locale, "Log-odds"), "points": total, "total": True})
    return rows


def _common(locale: Locale, common: Common) -> str:
    told = N_(
        "{share} of the firms here show as much, {usual} where the weight was made: counts"
        " {factor} times"
    )
    return text.gettext(
        locale,
        told,
        share=fine_percent(locale, common.share),
        usual=fine_percent(locale, common.usual),
        factor=f"{common.factor:.2f}",
    )


def _cut(value: float) -> Decimal:
    return Decimal(str(value)).quantize(_HUNDREDTH)


ROUTES = [finding_page, finding_now]
