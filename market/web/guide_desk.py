"""The guides of a department's items: the draft is written, filed with templates, and submitted."""

from collections.abc import Awaitable, Callable
from typing import Any, cast, get_args

from litestar import Response, get, post
from litestar.params import FromPath

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.catalogue import guide_actions, guide_queries
from market.catalogue.guide_actions import Saved
from market.catalogue.guides import (
    GuideFact,
    GuideMaterial,
    GuideStep,
    GuideText,
    Mark,
    differences,
)
from market.files.kinds import KINDS
from market.files.store import discard, open_store
from market.settings import Settings
from market.web import asked
from market.web.forms import Form, refusal, submitted
from market.web.render import page, see_other
from market.web.uploads import uploaded
from ratings.ledger.actors import Role
from ratings.ledger.clock import local_date
from ratings.ledger.errors import NotFound, Stale, SteelyardError
from ratings.ledger.text import N_
from ratings.ledger.versions import Versions

_HERE = "/workspace/guides"
_WHO = allow(Role.SUPERVISOR)
_MARKS: tuple[Mark, ...] = get_args(Mark)
# Empty rows below those that are there: a form works without JavaScript.
_EMPTY_ROWS = 2
_MOST_ROWS = 100


@get(_HERE, **_WHO)
async def index(request: Asking) -> Response[str]:
    who = actor(request)
    found = await guide_queries.guides(local_date(who.at))
    return page(
        request,
        "supervisor/guides.html",
        guides=[one for one in found if one.supervisor == who.organisation and one.active],
        drafts={one.item: one for one in await guide_queries.drafts(who)},
    )


async def _page(
    request: Asking, code: str, error: SteelyardError | None = None, typed: GuideText | None = None
) -> Response[str]:
    """`typed` is what was not saved: it stays in the form, beside what has been saved meanwhile."""
    who = actor(request)
    draft = await guide_queries.draft(who, asked.plain(code))
    guide = await guide_queries.guide(draft.item, local_date(who.at))
    settings = cast(Settings, request.app.state.settings)
    overtaken = typed is not None and isinstance(error, Stale)
    text = typed or draft.text
    return page(
        request,
        "supervisor/guide.html",
        status=error.status if error else 200,
        guide=guide,
        draft=draft,
        text=text,
        materials=[*text.materials, *[GuideMaterial(mark="department")] * _EMPTY_ROWS],
        steps=[*text.steps, *[GuideStep(mark="department")] * _EMPTY_ROWS],
        meanwhile=differences(draft.text, text) if overtaken else (),
        marks=_MARKS,
        file_endings=",".join(KINDS),
        most_mb=settings.max_upload_bytes // (1024 * 1024),
        **refusal(request, error),
    )


@get(_HERE + "/{code:str}", **_WHO)
async def show(request: Asking, code: FromPath[str]) -> Response[str]:
    return await _page(request, code)


@post(_HERE + "/{code:str}", **_WHO)
async def save(request: Asking, code: FromPath[str]) -> Response[Any]:
    """Saves what was typed; with the other button it is submitted as well."""
    form = await submitted(request)
    who = actor(request)
    await guide_queries.draft(who, asked.plain(code))
    typed = _text(form)
    try:
        form.check()
        saved = await guide_actions.save_draft(who, code, typed, form.versions("version"))
    except SteelyardError as error:
        return await _page(request, code, error, typed)
    await _forget(request, saved)
    if form.text("act") != "submit":
        return see_other(f"{_HERE}/{code}", N_("The draft is saved."))
    try:
        await guide_actions.submit_draft(who, code, frozenset({saved.version}))
    except SteelyardError as error:
        return await _page(request, code, error)
    return see_other(f"{_HERE}/{code}", N_("The draft is submitted. The centre reviews it."))


def _text(form: Form) -> GuideText:
    """What the fields hold: rows in the order of their places, without those to be removed."""
    materials = [
        (
            _place(form, name),
            GuideMaterial(
                key=_key(form, name),
                name_zh=form.text(f"{name}-name_zh"),
                name_en=form.text(f"{name}-name_en"),
                note_zh=form.text(f"{name}-note_zh"),
                note_en=form.text(f"{name}-note_en"),
                needed=form.choice(f"{name}-needed", "always", "if-applicable"),
                template=None
                if form.text(f"{name}-without")
                else form.text(f"{name}-template") or None,
                mark=form.choice(f"{name}-mark", *_MARKS),
                source=form.text(f"{name}-source"),
            ),
        )
        for name in _rows(form, "materials")
        if form.text(f"{name}-name_zh") or form.text(f"{name}-name_en")
    ]
    steps = [
        (
            _place(form, name),
            GuideStep(
                key=_key(form, name),
                text_zh=form.text(f"{name}-text_zh"),
                text_en=form.text(f"{name}-text_en"),
                by_zh=form.text(f"{name}-by_zh"),
                by_en=form.text(f"{name}-by_en"),
                mark=form.choice(f"{name}-mark", *_MARKS),
                source=form.text(f"{name}-source"),
            ),
        )
        for name in _rows(form, "steps")
        if form.text(f"{name}-text_zh") or form.text(f"{name}-text_en")
    ]
    return GuideText(
        scope=_fact(form, "scope"),
        materials=tuple(one for _, one in sorted(materials, key=lambda pair: pair[0])),
        steps=tuple(one for _, one in sorted(steps, key=lambda pair: pair[0])),
        deliverable=_fact(form, "deliverable"),
        standard=_fact(form, "standard"),
    )


def _fact(form: Form, name: str) -> GuideFact:
    """An empty statement has no mark of its own, whatever the field shows."""
    fact = GuideFact(
        text_zh=form.text(f"{name}-text_zh"),
        text_en=form.text(f"{name}-text_en"),
        mark=form.choice(f"{name}-mark", *_MARKS),
        source=form.text(f"{name}-source"),
    )
    return fact if fact.text_zh or fact.text_en or fact.source else GuideFact()


def _rows(form: Form, part: str) -> list[str]:
    names = [f"{part}-{index}" for index in range(_MOST_ROWS)]
    return [name for name in names if form.text(f"{name}-key") and not form.text(f"{name}-remove")]


def _key(form: Form, name: str) -> int:
    typed = form.text(f"{name}-key")
    return int(typed) if typed.isdecimal() and len(typed) < 10 else 0


def _place(form: Form, name: str) -> int:
    """Where a row is wanted; without a number it stays behind those that have one."""
    typed = form.text(f"{name}-place")
    return int(typed) if typed.isdecimal() and len(typed) < 5 else _MOST_ROWS


async def _acted(
    request: Asking,
    code: str,
    act: Callable[[Any, str, Versions], Awaitable[Saved]],
    told: str,
) -> Response[Any]:
    form = await submitted(request)
    try:
        saved = await act(actor(request), code, form.versions("version"))
    except NotFound:
        raise
    except SteelyardError as error:
        return await _page(request, code, error)
    await _forget(request, saved)
    return see_other(f"{_HERE}/{code}", told)


@post(_HERE + "/{code:str}/withdrawal", **_WHO)
async def withdraw(request: Asking, code: FromPath[str]) -> Response[Any]:
    told = N_("The draft is yours again.")
    return await _acted(request, code, guide_actions.withdraw_draft, told)


@post(_HERE + "/{code:str}/discarding", **_WHO)
async def throw_away(request: Asking, code: FromPath[str]) -> Response[Any]:
    told = N_("The draft is discarded. The guide in force stays as it is.")
    return await _acted(request, code, guide_actions.discard_draft, told)


@post(_HERE + "/{code:str}/materials/{material:int}/template", **_WHO)
async def upload_template(
    request: Asking, code: FromPath[str], material: FromPath[int]
) -> Response[Any]:
    """Nobody's file is even stored for a guide that is not their own."""
    who = actor(request)
    await guide_queries.draft(who, asked.plain(code))
    form = await submitted(request)
    try:
        saved = await uploaded(
            request,
            lambda stored: guide_actions.add_template(
                who, code, material, stored, form.versions("version")
            ),
            folder="templates",
        )
    except SteelyardError as error:
        return await _page(request, code, error)
    await _forget(request, saved)
    return see_other(f"{_HERE}/{code}#templates", N_("The template is uploaded."))


async def _forget(request: Asking, saved: Saved) -> None:
    """The files that nothing names any more, once the act is done."""
    settings = cast(Settings, request.app.state.settings)
    for key in saved.unused:
        await discard(open_store(settings.files), key)


ROUTES = [index, show, save, withdraw, throw_away]
UPLOADS = [upload_template]
