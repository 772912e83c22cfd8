"""One engagement rated again by the centre: read by its parties, given, objected to, taken back."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.engagements.evaluating import rate_again
from market.engagements.evidence_queries import evidence_of
from market.engagements.queries import engagement
from market.web import text, words
from market.web.evaluations import QUICK, typed_marks
from market.web.forms import Form, refusal, submitted
from market.web.render import locale_of, page, see_other
from ratings.evaluations.indicators import INDICATORS, WEIGHTS, Party
from ratings.evaluations.queries import docket
from ratings.evaluations.reratings import ACTS, ReratingStep
from ratings.evaluations.rules import LONGEST_REASON, NEEDS_REASON_BELOW
from ratings.evaluations.switch_queries import shown_answers
from ratings.integrity.rerating_actions import (
    answer_rerating_objection,
    lift_rerating,
    object_to_rerating,
)
from ratings.integrity.rerating_queries import rerating
from ratings.ledger.actors import Role
from ratings.ledger.errors import Refused, SteelyardError
from ratings.ledger.text import N_
from ratings.sanctions.objections import Outcome

_PARTIES = (Role.ENTERPRISE, Role.SUPERVISOR, Role.AGENCY, Role.CENTRE)
_HERE = "/reratings/{identifier:str}"
_OF_THE_CENTRE = WEIGHTS[Party.CENTRE]


async def _page(
    request: Asking,
    identifier: str,
    form: Form,
    error: SteelyardError | None = None,
    field: str = "",
) -> Response[str]:
    """The first answer beside the newer one, and what the visitor may do; `field` is where the
    reason of the act stands."""
    who = actor(request)
    row = await rerating(who, identifier)
    of = await docket(who, row.docket)
    locale = locale_of(request)
    first = [one for one in await shown_answers(who, of.id) if one.party is Party.CENTRE]
    return page(
        request,
        "evaluation/rerating.html",
        status=error.status if error else 200,
        rerating=row,
        docket=of,
        engagement=await engagement(who, row.engagement),
        now=who.at,
        first=first[0].scores if first else {},
        indicators=[
            (one, _OF_THE_CENTRE[one.code]) for one in INDICATORS if one.code in _OF_THE_CENTRE
        ],
        evidence=await evidence_of(row.engagement),
        quick=QUICK,
        limit=NEEDS_REASON_BELOW,
        longest_reason=LONGEST_REASON,
        objected=any(one.step is ReratingStep.OBJECTED for one in row.steps),
        timeline=[
            {
                "at": one.at,
                "title": text.gettext(locale, words.act_word(ACTS[one.step])),
                "who": "",
                "reason": one.reason,
                "tone": words.ACTS[ACTS[one.step]][1],
            }
            for one in reversed(row.steps)
        ],
        typed=form.typed,
        **refusal(
            request,
            error,
            dict.fromkeys(
                ("reason-missing", "switch-reason-long", "objection-empty", "rerating-text-long"),
                field,
            ),
        ),
    )


@get(_HERE, **allow(*_PARTIES))
async def rerating_page(request: Asking, identifier: FromPath[str]) -> Response[str]:
    return await _page(request, identifier, Form({}))


@post(f"{_HERE}/answer", **allow(Role.CENTRE))
async def give(request: Asking, identifier: FromPath[str]) -> Response[Any]:
    form = await submitted(request)
    scores, reasons = typed_marks(form)
    try:
        if not scores:
            raise Refused("answer-empty", "Score at least one indicator.")
        await rate_again(actor(request), identifier, scores, form.text("answer-reason"), reasons)
    except SteelyardError as error:
        return await _page(request, identifier, form, error, "answer-reason")
    return see_other(f"/reratings/{identifier}", N_("It is rated again; the standing follows."))


@post(f"{_HERE}/objection", **allow(Role.AGENCY))
async def file_objection(request: Asking, identifier: FromPath[str]) -> Response[Any]:
    form = await submitted(request)
    try:
        await object_to_rerating(actor(request), identifier, form.text("objection"))
    except SteelyardError as error:
        return await _page(request, identifier, form, error, "objection")
    return see_other(
        f"/reratings/{identifier}",
        N_("Your objection is filed; the first answer counts until it is answered."),
    )


@post(f"{_HERE}/objection-answer", **allow(Role.CENTRE))
async def answer_objection(request: Asking, identifier: FromPath[str]) -> Response[Any]:
    """Upheld or annulled, by the button."""
    form = await submitted(request)
    upheld = form.text("outcome") == Outcome.UPHELD
    field = "objection-answer-reason"
    try:
        await answer_rerating_objection(
            actor(request),
            identifier,
            Outcome.UPHELD if upheld else Outcome.ANNULLED,
            form.text(field),
        )
    except SteelyardError as error:
        return await _page(request, identifier, form, error, field)
    return see_other(
        f"/reratings/{identifier}",
        N_("The re-rating is upheld.") if upheld else N_("The re-rating is annulled."),
    )


@post(f"{_HERE}/lifting", **allow(Role.CENTRE))
async def lift(request: Asking, identifier: FromPath[str]) -> Response[Any]:
    form = await submitted(request)
    try:
        await lift_rerating(actor(request), identifier, form.text("lifting-reason"))
    except SteelyardError as error:
        return await _page(request, identifier, form, error, "lifting-reason")
    return see_other(
        f"/reratings/{identifier}", N_("It is taken back; the first answer counts again.")
    )


ROUTES = [rerating_page, give, file_objection, answer_objection, lift]
