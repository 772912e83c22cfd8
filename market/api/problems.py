"""Everything that goes wrong, told the same way: problem+json to programs, a page to people.

RFC 9457, with `type` a stable URN that ends in the error's code and texts in the language of
Accept-Language. Nothing of the inside is told: an unexpected error goes to the log only.
"""

import logging
from typing import Any, cast

import msgspec
from babel import Locale
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.types import ExceptionHandlersMap

from market.api.negotiation import PROBLEM_JSON
from market.web import render, text
from ratings.ledger.errors import Fault, SteelyardError
from ratings.ledger.text import N_

Asking = Request[Any, Any, Any]

PROBLEM_TYPE = "urn:steelyard:problem:"
_LOG = logging.getLogger("steelyard")

# What the framework itself raises: a stable code and a sentence for each status.
_FRAMEWORK = {
    400: ("malformed", N_("The request does not have the form that is expected here.")),
    401: ("not-signed-in", N_("Please sign in first.")),
    403: ("forbidden", N_("This is not open to you.")),
    404: ("no-such-address", N_("There is nothing at this address.")),
    405: ("method-not-allowed", N_("This address does not answer {method} requests.")),
    406: ("not-acceptable", N_("This cannot be given in a form that you accept.")),
    413: ("too-large", N_("The request is larger than this address accepts.")),
    415: ("media-type", N_("This address does not understand content of that type.")),
}
_UNEXPECTED = (
    "internal-error",
    N_("Something has gone wrong on our side. It has been noted; please try again later."),
)


class Problem(msgspec.Struct, frozen=True):
    """The body of every error of the API."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str
    errors: tuple[Fault, ...] = ()


def api_locale(request: Asking) -> Locale:
    """Programs state their language in a header only."""
    return text.choose(None, None, request.headers.get("accept-language"))


def answer(request: Asking, error: Exception) -> Response[Any]:
    """The application's one exception handler."""
    told = _told(request, error)
    if told.status >= 500:
        _LOG.error("%s %s failed", request.method, request.url.path, exc_info=error)
    if request.url.path.startswith(("/api/", "/healthz/")):
        response: Response[Any] = _problem(request, told)
    else:
        response = render.error_page(request, told)
    response.headers.update(_headers(request, told.status, error))
    return response


HANDLERS = cast("ExceptionHandlersMap", {Exception: answer, HTTPException: answer})


class _Told(SteelyardError):
    """A framework's error in the words of ours; `status` is the instance's own."""

    def __init__(
        self, status: int, code: str, message: str, faults: tuple[Fault, ...] = (), **params: object
    ) -> None:
        super().__init__(code, message, faults=faults, **params)
        self._status = status

    @property
    def status(self) -> int:  # type: ignore[override]
        return self._status


def _told(request: Asking, error: Exception) -> SteelyardError:
    if isinstance(error, SteelyardError):
        return error
    status = error.status_code if isinstance(error, HTTPException) else 500
    if isinstance(error, RecursionError):
        # The one way to make the decoder give up that is not a ValueError to it: a body of
        # brackets within brackets. Nothing of ours nests by what a visitor sends.
        status = 400
    if status not in _FRAMEWORK:
        return _Told(500, *_UNEXPECTED)
    code, message = _FRAMEWORK[status]
    return _Told(status, code, message, _faults(error), method=request.method)


def _faults(error: Exception) -> tuple[Fault, ...]:
    """Which fields of the input do not fit their declaration."""
    if not isinstance(error, ValidationException) or not isinstance(error.extra, list):
        return ()
    return tuple(
        Fault(
            pointer="/" + str(one.get("key", "")).replace(".", "/"),
            code="invalid",
            message=str(one.get("message", "")),
        )
        for one in error.extra
        if isinstance(one, dict)
    )


def _problem(request: Asking, error: SteelyardError) -> Response[Problem]:
    locale = api_locale(request)
    title = render.PROBLEM_TITLES.get(error.status, render.PROBLEM_TITLES[500])
    problem = Problem(
        type=PROBLEM_TYPE + error.code,
        title=text.gettext(locale, title),
        status=error.status,
        detail=text.error_text(locale, error),
        instance=request.url.path,
        code=error.code,
        errors=tuple(
            msgspec.structs.replace(fault, message=text.fault_text(locale, fault))
            for fault in error.faults
        ),
    )
    return Response(
        problem,
        status_code=error.status,
        media_type=PROBLEM_JSON,
        headers={"Content-Language": text.html_lang(locale), "Vary": "Accept-Language"},
    )


def _headers(request: Asking, status: int, error: Exception) -> dict[str, str]:
    headers = dict(getattr(error, "headers", None) or {})
    if status == 401 and request.url.path.startswith("/api/"):
        headers["WWW-Authenticate"] = "Bearer"
    if status == 413:
        # Whoever sends too much should stop sending rather than be read to the end.
        headers["Connection"] = "close"
    return headers
