"""Flags of manipulation on the centre's table: what each rests on, and a person's decision."""

from datetime import datetime
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.accounts.queries import organisation_names, person_names
from market.agencies.queries import agency_names
from market.web import asked
from market.web.forms import Form, refusal, submitted
from market.web.history import timeline
from market.web.render import locale_of, page, see_other
from ratings.integrity.actions import dismiss_flag, take_up_flag
from ratings.integrity.flags import FlagKind
from ratings.integrity.notice_actions import tell_rater
from ratings.integrity.notice_queries import notice_of_flag, telling_of
from ratings.integrity.order_actions import give_order, lift_order
from ratings.integrity.order_queries import order_of
from ratings.integrity.queries import FlagRow, evidence_rows, flag_of, flags, titles_of
from ratings.integrity.rerating_actions import open_reratings
from ratings.integrity.rerating_queries import (
    reratings_of_flag,
    to_rate_again,
    unfinished_reratings,
)
from ratings.ledger.actors import Role
from ratings.ledger.errors import SteelyardError
from ratings.ledger.queries import history
from ratings.ledger.text import N_

FLAGS = {
    FlagKind.COLLUSION: (
        N_("Owner and agency together"),
        N_(
            "One owner gives this agency unusually many engagements or unusual praise, or one"
            " person acts for both. A regular customer who is content looks the same."
        ),
    ),
    FlagKind.RETALIATION: (
        N_("Low mark after a dispute"),
        N_(
            "The owner answered after a dispute, far below the other two. It may be right, and the"
            " others too lenient."
        ),
    ),
    FlagKind.BOMBING: (
        N_("Low marks all at once"),
        N_(
            "Three owners or more that never rated before gave marks below 60 within seven days. A"
            " bad month of the agency looks the same."
        ),
    ),
    FlagKind.INVENTED: (
        N_("Engagement in doubt"),
        N_(
            "A rated engagement lacks its settlement, or was delivered with the same file as"
            " another one. A licence or a form that is sent along each time is the same file too."
        ),
    ),
    FlagKind.RETURNED: (
        N_("Delisted firm under another name"),
        N_(
            "Who asks for admission states the same contact, phone or address as an agency that is"
            " off the market. Look before you admit it."
        ),
    ),
    FlagKind.CARELESS: (
        N_("The same mark for every work"),
        N_(
            "All answers of this organisation are nearly alike, so they tell nothing. It may be"
            " told so; good work throughout is possible."
        ),
    ),
    FlagKind.REVIEW: (
        N_("A score that may hide too much"),
        N_(
            "The published score is drawn towards the mean of the trade, which protects agencies"
            " with few engagements. Without that pull it lies below three stars, or may well do so."
            " It may be chance; look at the work itself."
        ),
    ),
    FlagKind.CLIP: (
        N_("Owner far from the other two"),
        N_(
            "The owner's answer lies so far from the mean of the other two that it was pulled back."
            " It may be unfair, or see what the others did not."
        ),
    ),
}
FIGURES = {
    "jobs": N_("Engagements of the two"),
    "residual": N_("Praise above what is usual, points"),
    "share_percent": N_("Share of the agency's engagements, %"),
    "related": N_("Persons who act for both"),
    "below_others": N_("Points below the other two"),
    "marks": N_("Marks below 60"),
    "days": N_("Days from the first to the last"),
    "ratings": N_("Answers"),
    "spread": N_("Spread of the answers, points"),
    "mean": N_("Mean of the answers"),
    "settled": N_("Settlements"),
    "contract": N_("Contracts"),
    "same_documents": N_("Files in common"),
    "engagements": N_("Engagements with them"),
    "shared": N_("Stated in common"),
    "shared_contact": N_("Contact person in common"),
    "shared_phone": N_("Phone in common"),
    "shared_address": N_("Address in common"),
    "unshrunk": N_("Mean without the pull of the trade"),
    "sober": N_("The same without praise of owners that the other two do not share"),
    "likely_percent": N_("Probability of being worth less than three stars, %"),
    "score": N_("Score by the engagements alone"),
    "apart": N_("Points from the mean of the other two"),
    "clipped": N_("Points it was pulled by"),
}
SIGNS = {
    **dict.fromkeys(("spread", "settled", "contract"), "≤"),
    "unshrunk": "<",
    **dict.fromkeys(("apart", "below_others", "residual"), ">"),
}
"""Of these so little, less or more than that is flagged; of the others so much or more."""
_STATES = ("open", "taken-up", "dismissed")
_SHOWN = 200
_HERE = "/console/flags"


@get(_HERE, **allow(Role.CENTRE))
async def flag_list(request: Asking) -> Response[str]:
    state = asked.one_of(request, "state", _STATES) or "open"
    found = await flags(state=state, limit=_SHOWN)
    unfinished = await unfinished_reratings(actor(request))
    return page(
        request,
        "centre/flags.html",
        flags=found,
        unfinished=unfinished,
        titles=await titles_of([one.engagement for one in unfinished]),
        kinds=FLAGS,
        state=state,
        states=_STATES,
        names=await agency_names(one.subject for one in found),
        organisations=await organisation_names(rater for one in found for rater in one.raters),
    )


async def _page(
    request: Asking, identifier: str, form: Form, error: SteelyardError | None = None
) -> Response[str]:
    who = actor(request)
    flag = await flag_of(identifier)
    field, telling = _field(form), await telling_of(flag.id)
    return page(
        request,
        "centre/flag.html",
        status=error.status if error else 200,
        flag=flag,
        kind=FLAGS[flag.kind],
        figures=FIGURES,
        signs=SIGNS,
        evidence=await evidence_rows(flag),
        names=await agency_names([flag.subject, *flag.others]),
        organisations=await organisation_names(flag.raters),
        order=await order_of(flag),
        notice=await notice_of_flag(who, flag.id),
        telling=telling,
        people=await person_names([telling.by] if telling else []),
        reratings=await reratings_of_flag(who, flag.id),
        may_rate_again=await _may_rate_again(flag, who.at),
        titles=await titles_of(flag.engagements),
        timeline=timeline(locale_of(request), await history("integrity_flag", identifier)),
        typed={field: form.text(field)},
        **refusal(request, error, {"reason-missing": field, "switch-reason-long": field}),
    )


async def _may_rate_again(flag: FlagRow, at: datetime) -> int:
    """How many engagements of a collusion flag the centre can rate again."""
    return len(await to_rate_again(flag, at)) if flag.kind is FlagKind.COLLUSION else 0


def _field(form: Form) -> str:
    """Where the reason of the act stands: a page may have one of each."""
    act = form.text("act")
    return f"{act}-reason" if act in ("give", "lift", "again", "tell") else "reason"


@get(f"{_HERE}/{{identifier:str}}", **allow(Role.CENTRE))
async def flag_page(request: Asking, identifier: FromPath[str]) -> Response[str]:
    return await _page(request, identifier, Form({}))


@post(f"{_HERE}/{{identifier:str}}/decision", **allow(Role.CENTRE))
async def decide(request: Asking, identifier: FromPath[str]) -> Response[Any]:
    """Dismissed or taken up, by the button."""
    form = await submitted(request)
    taken_up = form.text("button") == "take-up"
    try:
        act = take_up_flag if taken_up else dismiss_flag
        await act(actor(request), identifier, form.text("reason"))
    except SteelyardError as error:
        return await _page(request, identifier, form, error)
    told = N_("The flag is taken up.") if taken_up else N_("The flag is dismissed.")
    return see_other(f"{_HERE}/{identifier}", told)


@post(f"{_HERE}/{{identifier:str}}/order", **allow(Role.CENTRE))
async def order(request: Asking, identifier: FromPath[str]) -> Response[Any]:
    """Given or lifted, by the button."""
    form = await submitted(request)
    lifted = form.text("act") == "lift"
    try:
        act = lift_order if lifted else give_order
        await act(actor(request), identifier, form.text(_field(form)))
    except SteelyardError as error:
        return await _page(request, identifier, form, error)
    told = (
        N_("The order is lifted; the standing follows.")
        if lifted
        else N_("The order is given; the standing follows.")
    )
    return see_other(f"{_HERE}/{identifier}", told)


@post(f"{_HERE}/{{identifier:str}}/reratings", **allow(Role.CENTRE))
async def have_rated_again(request: Asking, identifier: FromPath[str]) -> Response[Any]:
    form = await submitted(request)
    try:
        await open_reratings(actor(request), identifier, form.text("again-reason"))
    except SteelyardError as error:
        return await _page(request, identifier, form, error)
    return see_other(
        f"{_HERE}/{identifier}",
        N_("Opened: somebody of the centre who answered in none of them gives its answer anew."),
    )


@post(f"{_HERE}/{{identifier:str}}/rater-notice", **allow(Role.CENTRE))
async def tell(request: Asking, identifier: FromPath[str]) -> Response[Any]:
    form = await submitted(request)
    try:
        await tell_rater(actor(request), identifier, form.text("tell-reason"))
    except SteelyardError as error:
        return await _page(request, identifier, form, error)
    return see_other(f"{_HERE}/{identifier}", N_("The rater is told what was seen."))


ROUTES = [flag_list, flag_page, decide, order, have_rated_again, tell]
