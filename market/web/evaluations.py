"""One party's sealed evaluation of one engagement."""

from collections.abc import Awaitable, Callable
from typing import Any, cast

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Stream

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.engagements import evaluating
from market.engagements.evidence_queries import evidence_of
from market.engagements.queries import engagement
from market.files.kinds import KINDS
from market.files.store import open_store, read_file
from market.settings import Settings
from market.web.downloads import attachment as as_attachment
from market.web.forms import Form, refusal, submitted
from market.web.render import page, see_other
from market.web.uploads import uploaded
from ratings.evaluations import actions, attachments, queries
from ratings.evaluations.attachment_queries import attachment_file, own_attachments
from ratings.evaluations.indicators import INDICATORS, WEIGHTS
from ratings.evaluations.relation_queries import has_stepped_back
from ratings.evaluations.relation_queries import stepped_back as others_back
from ratings.evaluations.relations import step_back
from ratings.evaluations.rules import (
    LONGEST_REASON,
    MOST_ATTACHMENTS,
    NEEDS_REASON_BELOW,
    REVISION_DAYS,
    opens_at,
    parties_asked,
)
from ratings.ledger.actors import Role
from ratings.ledger.errors import Refused, SteelyardError
from ratings.ledger.text import N_

_ANSWERING = (Role.ENTERPRISE, Role.SUPERVISOR, Role.CENTRE)
# What a click fills in for somebody who does not want to weigh single points.
QUICK = (100, 90, 80, 70, 60)
# An answer that is changed stands in the field, and once more as what it was.
_PREFILLED = ("scores", "was")


def _settings(request: Asking) -> Settings:
    return cast(Settings, request.app.state.settings)


async def _page(
    request: Asking, identifier: str, form: Form, error: SteelyardError | None = None
) -> Response[str]:
    """The form of the party that asks; after the answer its confirmation, and while the answer may
    be changed the form again, filled in."""
    who = actor(request)
    docket = await queries.docket(who, identifier)
    party = None if who.role is Role.AUDITOR else actions.party_of(who, docket)
    asked = party in parties_asked(docket.owner, docket.supervisor)
    weights = WEIGHTS[party] if party else {}
    until = docket.revisable_until.get(party) if party else None
    changing = docket.unsealed_at is None and until is not None and who.at < until
    own = await queries.own_answer(who, docket)
    tie = await evaluating.tie_to(who, docket.uscc) if party else None
    stepped_back = await has_stepped_back(docket.id, who.person)
    typed = form.typed
    if own and changing and not typed:
        before = {code: str(score) for code, score in own.scores.items()}
        typed = {f"{name}-{code}": text for code, text in before.items() for name in _PREFILLED}
        typed |= {f"reasons-{code}": reason for code, reason in own.reasons.items()}
        typed["comment"] = own.comment
    return page(
        request,
        "evaluation/form.html",
        status=error.status if error else 200,
        docket=docket,
        now=who.at,
        engagement=await engagement(who, docket.engagement),
        party=party,
        indicators=[
            (indicator, weights[indicator.code])
            for indicator in INDICATORS
            if indicator.code in weights
        ],
        evidence=await evidence_of(docket.engagement),
        changing=changing,
        own=own,
        tie=tie,
        stepped_back=stepped_back,
        colleagues_back=await others_back(docket.id, party) if party else 0,
        opens=opens_at(docket.view()),
        revision_days=REVISION_DAYS,
        open=asked
        and party not in docket.answered
        and docket.unsealed_at is None
        and not tie
        and not stepped_back
        and who.at < docket.due[party or next(iter(docket.due))],
        quick=QUICK,
        limit=NEEDS_REASON_BELOW,
        longest_reason=LONGEST_REASON,
        attachments=await own_attachments(who, docket),
        attaching=party is not None and attachments.may_attach(who, docket, party),
        most_files=MOST_ATTACHMENTS,
        most_mb=_settings(request).max_upload_bytes // (1024 * 1024),
        file_endings=",".join(KINDS),
        typed=typed,
        **refusal(request, error, {"relation-missing": "relation", "relation-long": "relation"}),
    )


@get("/evaluations/{identifier:str}", **allow(*_ANSWERING))
async def evaluation_form(request: Asking, identifier: FromPath[str]) -> Response[str]:
    return await _page(request, identifier, Form({}))


@post("/evaluations/{identifier:str}", **allow(*_ANSWERING))
async def evaluate(request: Asking, identifier: FromPath[str]) -> Response[Any]:
    return await _submitted(request, identifier, evaluating.answer)


@post("/evaluations/{identifier:str}/revision", **allow(*_ANSWERING))
async def revise(request: Asking, identifier: FromPath[str]) -> Response[Any]:
    return await _submitted(request, identifier, evaluating.revise)


async def _submitted(
    request: Asking, identifier: str, act: Callable[..., Awaitable[object]]
) -> Response[Any]:
    form = await submitted(request)
    given, reasons = typed_marks(form)
    try:
        if not given:
            raise Refused("answer-empty", "Score at least one indicator.")
        await act(
            actor(request),
            identifier,
            given,
            form.text("comment"),
            reasons=reasons,
            final=bool(form.text("final")),
        )
    except SteelyardError as error:
        return await _page(request, identifier, form, error)
    return see_other(f"/evaluations/{identifier}")


@post("/evaluations/{identifier:str}/relation", **allow(*_ANSWERING))
async def declare_relation(request: Asking, identifier: FromPath[str]) -> Response[Any]:
    form = await submitted(request)
    try:
        await step_back(actor(request), identifier, form.text("relation"))
    except SteelyardError as error:
        return await _page(request, identifier, form, error)
    return see_other(
        f"/evaluations/{identifier}",
        N_("You have stepped back; another person of your organisation is asked to answer."),
    )


@post("/evaluations/{identifier:str}/attachments", **allow(*_ANSWERING))
async def attach(request: Asking, identifier: FromPath[str]) -> Response[Any]:
    """Refused unless the evaluation is one's own to give: nobody else's file is even stored."""
    who = actor(request)
    actions.party_of(who, await queries.docket(who, identifier))
    try:
        await uploaded(
            request,
            lambda stored: attachments.attach(who, identifier, stored),
            folder="evaluations",
        )
    except SteelyardError as error:
        return await _page(request, identifier, Form({}), error)
    return see_other(f"/evaluations/{identifier}", N_("The file lies beside your answer."))


@get("/answer-attachments/{attachment:str}", **allow(*_ANSWERING, Role.AGENCY, Role.AUDITOR))
async def download(request: Asking, attachment: FromPath[str]) -> Stream:
    file = await attachment_file(actor(request), attachment)
    return as_attachment(
        read_file(open_store(_settings(request).files), file.storage_key),
        filename=file.filename,
        media_type=file.content_type,
        size=file.size,
        sha256=file.sha256,
    )


@post("/answer-attachments/{attachment:str}/withdrawal", **allow(*_ANSWERING))
async def withdraw(request: Asking, attachment: FromPath[str]) -> Response[Any]:
    docket = await attachments.withdraw_attachment(actor(request), attachment)
    return see_other(f"/evaluations/{docket}", N_("The file is taken back."))


def typed_marks(form: Form) -> tuple[dict[str, str], dict[str, str]]:
    """What the indicators of a form were given, and the reasons at them; without what is empty."""
    scores = {one.code: _score(form, one.code) for one in INDICATORS}
    reasons = {one.code: form.text(f"reasons-{one.code}") for one in INDICATORS}
    return (
        {code: score for code, score in scores.items() if score},
        {code: reason for code, reason in reasons.items() if reason},
    )


def _score(form: Form, code: str) -> str:
    """The number that was written, else the one that was clicked.

    A number that the form came with and nobody touched gives way to a click.
    """
    written, clicked = form.text(f"scores-{code}"), form.text(f"quick-{code}")
    untouched = written == form.text(f"was-{code}")
    return clicked if clicked and untouched else written or clicked


ROUTES = [evaluation_form, evaluate, revise, declare_relation, download, withdraw]
UPLOADS = [attach]
