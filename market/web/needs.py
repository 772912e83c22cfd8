"""“I want to build a …”: the questionnaire, what the project needs, and the same on paper."""

from collections.abc import Mapping
from typing import cast
from urllib.parse import urlencode

import msgspec
from litestar import Response, get

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.catalogue.need_queries import needs_of
from market.catalogue.need_questions import ABOUT, QUESTIONS, ProjectAnswers, figures_of
from market.catalogue.needs import PackageCover
from market.settings import Settings
from market.web import asked
from market.web.forms import Form, refusal
from market.web.need_paper import REMARKS, needs_pdf
from market.web.need_words import told
from market.web.render import locale_of, page
from ratings.ledger.actors import Role
from ratings.ledger.clock import local_date
from ratings.ledger.errors import SteelyardError


@get("/needs", **allow(Role.PUBLIC))
async def questionnaire(request: Asking) -> Response[str]:
    """Nothing is told before anything was answered: then everything may be needed."""
    typed = _typed(request)
    found, error = None, None
    try:
        answers = _read(typed)
        if answers != ProjectAnswers():
            found = await needs_of(answers, local_date(actor(request).at))
    except SteelyardError as refused:
        error = refused
    return page(
        request,
        "catalogue/needs.html",
        fragment="results",
        questions=QUESTIONS.values(),
        about=ABOUT,
        typed=typed,
        found=found,
        told=told(locale_of(request), found) if found else None,
        estimates={one.package: _estimate(one, found.answers) for one in found.packages}
        if found
        else {},
        remarks=REMARKS,
        query=urlencode({name: value for name, value in typed.items() if value}),
        **refusal(request, error),
    )


@get("/papers/needs", **allow(Role.PUBLIC))
async def paper(request: Asking) -> Response[bytes]:
    at = actor(request).at
    found = await needs_of(_read(_typed(request)), local_date(at))
    settings = cast(Settings, request.app.state.settings)
    return await needs_pdf(found, locale_of(request), at, settings)


def _typed(request: Asking) -> dict[str, str]:
    return {name: asked.word(request, name) for name in QUESTIONS}


def _read(typed: Mapping[str, str]) -> ProjectAnswers:
    """The answers; a choice that the form does not offer is left out, a bad figure is Refused."""
    form = Form(typed)
    given: dict[str, object] = {}
    for question in QUESTIONS.values():
        if not question.choices:
            given[question.name] = form.decimal(question.name)
        elif any(one.code == form.text(question.name) for one in question.choices):
            given[question.name] = form.text(question.name)
    form.check()
    return msgspec.convert(given, ProjectAnswers)


def _estimate(cover: PackageCover, answers: ProjectAnswers) -> str:
    """The address of the package with the project's figures in its form."""
    figures = msgspec.to_builtins(figures_of(answers))
    given = {name: value for name, value in figures.items() if value is not None}
    return f"/packages/{cover.package}?{urlencode(given)}#range"


ROUTES = [questionnaire, paper]
