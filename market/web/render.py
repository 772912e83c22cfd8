"""From a request and a template to a page in the visitor's language, theme and size of type."""

import json
from collections.abc import Mapping
from typing import Any, Protocol, cast
from urllib.parse import quote, unquote, urlencode

from babel import Locale
from litestar import MediaType, Request, Response
from litestar.datastructures import Cookie
from litestar.template.base import csrf_token
from markupsafe import Markup

from market.settings import Settings
from market.web import templating, text
from ratings.ledger.actors import Role
from ratings.ledger.errors import SteelyardError
from ratings.ledger.text import N_

Asking = Request[Any, Any, Any]

_PREFERENCES = {"lang": ("zh", "en"), "theme": ("light", "dark"), "type": ("normal", "large")}
_YEAR = 365 * 24 * 3600
_FLASH = "flash"
SECOND_FACTOR_PATH = "/account/second-factor"

# The workspace each role finds in the navigation.
DESKS = {
    Role.ENTERPRISE: ("/workspace", N_("My projects")),
    Role.AGENCY: ("/workspace", N_("Agency workspace")),
    Role.SUPERVISOR: ("/workspace", N_("My evaluations")),
    Role.CENTRE: ("/console", N_("Centre console")),
    Role.AUDITOR: ("/console", N_("Audit")),
}

PROBLEM_TITLES = {
    400: N_("The request cannot be understood"),
    401: N_("Please sign in"),
    403: N_("Not open to you"),
    404: N_("Nothing is found here"),
    405: N_("Not possible here"),
    406: N_("Not available in that form"),
    409: N_("Not possible at the moment"),
    412: N_("Somebody has changed this meanwhile"),
    413: N_("The file is too large"),
    415: N_("This type of content is not understood"),
    422: N_("This is not possible"),
    428: N_("Say which version you have read"),
    429: N_("Too many requests"),
    500: N_("Something has gone wrong on our side"),
    503: N_("Not available at the moment"),
}


class Visitor(Protocol):
    """What a page says about who is signed in; the request's `user` has it, or is None."""

    @property
    def person_name(self) -> str: ...
    @property
    def organisation_name(self) -> str: ...
    @property
    def role(self) -> Role: ...


def preference(request: Asking, name: str) -> str | None:
    """What the address asks for or the browser remembers, if it is one of the choices."""
    for value in (request.query_params.get(name), request.cookies.get(name)):
        if value in _PREFERENCES[name]:
            return cast(str, value)
    return None


def locale_of(request: Asking) -> Locale:
    return text.choose(
        request.query_params.get("lang"),
        request.cookies.get("lang"),
        request.headers.get("accept-language"),
    )


def page(
    request: Asking,
    template: str,
    /,
    *,
    status: int = 200,
    fragment: str | None = None,
    **context: Any,
) -> Response[str]:
    """Render `template`; for an htmx request only its block `fragment`, if one is named.

    A preference in the address (`?lang=en`, `?theme=dark`, `?type=large`) is remembered.
    """
    locale = locale_of(request)
    whole = {**_surroundings(request, locale), **context}
    found = templating.environment(locale).get_template(template)
    if fragment and request.headers.get("hx-request") and not request.headers.get("hx-boosted"):
        html = "".join(found.blocks[fragment](found.new_context(whole)))
    else:
        html = found.render(whole)
    response = Response(
        html,
        status_code=status,
        media_type=MediaType.HTML,
        headers={
            "Content-Language": text.html_lang(locale),
            "Vary": "Accept-Language, Cookie, HX-Request",
        },
    )
    secure = _settings(request).secure_cookies
    for name, choices in _PREFERENCES.items():
        asked = request.query_params.get(name)
        if asked in choices:
            response.set_cookie(
                Cookie(key=name, value=asked, max_age=_YEAR, samesite="lax", secure=secure)
            )
    if request.cookies.get(_FLASH):
        response.delete_cookie(_FLASH)
    return response


def problem_page(
    request: Asking, status: int, message: str = "", faults: tuple[tuple[str, str], ...] = ()
) -> Response[str]:
    """An error as a page; `message` and the fault texts are already in the reader's language."""
    return page(
        request,
        "problem.html",
        status=status,
        title=PROBLEM_TITLES.get(status, PROBLEM_TITLES[500]),
        message=message,
        faults=faults,
        sign_in_path=_sign_in_path(request) if status == 401 else "",
    )


def _sign_in_path(request: Asking) -> str:
    """To the sign-in page and back here; a form that was sent cannot be come back to."""
    if request.method != "GET":
        return "/sign-in"
    return "/sign-in?" + urlencode({"next_path": request.url.path})


def error_page(request: Asking, error: SteelyardError) -> Response[Any]:
    """The error told as a page; who lacks a second factor is shown where to set one up."""
    if error.code == "second-factor-required":
        return see_other(SECOND_FACTOR_PATH)
    locale = locale_of(request)
    return problem_page(
        request,
        error.status,
        text.error_text(locale, error),
        tuple((fault.pointer, text.fault_text(locale, fault)) for fault in error.faults),
    )


def see_other(
    path: str, msgid: str = "", /, *, tone: str = "ok", **params: str | int
) -> Response[None]:
    """Answer a POST: go on to `path`, and say `msgid` there once."""
    response = Response(None, status_code=303, headers={"Location": path})
    if msgid:
        told = json.dumps({"tone": tone, "msgid": msgid, "params": params})
        response.set_cookie(
            Cookie(key=_FLASH, value=quote(told), max_age=60, samesite="lax", httponly=True)
        )
    return response


def _flash(request: Asking, locale: Locale) -> dict[str, str] | None:
    """The message of the last `see_other`; anything else in the cookie is left alone."""
    try:
        told = json.loads(unquote(request.cookies.get(_FLASH) or ""))
        said = text.gettext(locale, str(told["msgid"]), **dict(told["params"]))
        return {"tone": str(told["tone"]), "text": said}
    except (ValueError, KeyError, TypeError, IndexError, AttributeError):
        return None


def _settings(request: Asking) -> Settings:
    return cast(Settings, request.app.state.settings)


def _surroundings(request: Asking, locale: Locale) -> dict[str, Any]:
    """What base.html needs, whichever page it frames."""
    settings = _settings(request)
    visitor = cast("Visitor | None", request.scope.get("user"))
    token = csrf_token({"request": request})
    chinese = locale == text.ZH
    theme, size = preference(request, "theme"), preference(request, "type")
    return {
        "site_name": settings.site_name if chinese else settings.site_name_en,
        "site_owner": settings.site_owner if chinese else settings.site_owner_en,
        "demonstration": settings.demonstration,
        "visitor": visitor,
        "desk": DESKS.get(visitor.role) if visitor else None,
        "csrf_field": Markup('<input type="hidden" name="_csrf_token" value="{}">').format(token)
        if token
        else Markup(""),
        "csrf_token": token,
        "flash": _flash(request, locale),
        "theme": theme,
        "type_size": size,
        "path": request.url.path,
        "with_query": _Address(request.url.path, request.query_params.dict()),
    }


class _Address:
    """`with_query(page=2)`: the address of this page with some of its query changed."""

    def __init__(self, path: str, query: Mapping[str, list[str]]) -> None:
        self._path = path
        self._query = {key: value for key, value in query.items() if key not in _PREFERENCES}

    def __call__(self, **changes: object) -> str:
        query: dict[str, object] = {**self._query, **changes}
        kept = {key: value for key, value in query.items() if value not in (None, "")}
        return self._path + ("?" + urlencode(kept, doseq=True) if kept else "")
