"""JSON or MessagePack, in both directions.

Routes speak JSON only. The edge gives an answer in MessagePack to whom prefers that, errors too,
and a body in MessagePack is turned into what its JSON would have said before the route reads it:
the same rules and the same Idempotency-Key hold for both. Files are what they are.
"""

from typing import Any

import msgspec
from litestar import Request
from litestar.datastructures import MutableScopeHeaders
from litestar.handlers.base import BaseRouteHandler
from litestar.response import File, Stream
from litestar.utils.scope.state import ScopeState

from ratings.ledger.errors import Malformed, NotAcceptable, UnsupportedMedia

JSON = "application/json"
PROBLEM_JSON = "application/problem+json"
# The registered name first; the other two are what older libraries send.
MESSAGEPACK = ("application/vnd.msgpack", "application/msgpack", "application/x-msgpack")

_READ = (JSON, *MESSAGEPACK)
_OFFERS = {JSON: (JSON, *MESSAGEPACK), PROBLEM_JSON: (PROBLEM_JSON, *MESSAGEPACK)}
_UTF8 = {"utf-8", "utf8", "us-ascii"}


def preferred(accept: str, kind: str = JSON) -> str | None:
    """The media type in which an answer of a kind (JSON or PROBLEM_JSON) is wanted; JSON where
    all are as welcome. None when the `Accept` header takes none of them."""
    if not accept.strip():
        return kind
    ranges = _ranges(accept)
    weights = {offer: _weight(offer, ranges) for offer in _OFFERS[kind]}
    if kind == PROBLEM_JSON:
        # Whoever takes JSON understands a problem too.
        weights[kind] = max(weights[kind], _weight(JSON, ranges))
    best = max(weights, key=lambda offer: weights[offer])
    return best if weights[best] > 0 else None


def represented(headers: MutableScopeHeaders, body: bytes, accept: str) -> bytes:
    """The body in the wanted form, its headers put right. An error that is wanted in no form of
    ours is told in JSON."""
    kind = headers.get("content-type", "").partition(";")[0]
    if kind not in _OFFERS:
        return body
    kept = [name for name in headers.getall("vary", []) if name]
    headers["Vary"] = ", ".join(["Accept", *kept])
    wanted = preferred(accept, kind)
    if wanted not in MESSAGEPACK:
        return body
    packed = msgspec.msgpack.encode(msgspec.json.decode(body))
    headers["Content-Type"] = str(wanted)
    headers["Content-Length"] = str(len(packed))
    return packed


def answers_in_json(handler: BaseRouteHandler) -> bool:
    """Whether a route has an answer to negotiate about: not a file, and not nothing."""
    returned = handler.parsed_return_field
    return not (
        returned.is_subclass_of((Stream, File)) or returned.annotation in (None, type(None))
    )


def body_type(handler: BaseRouteHandler) -> str | None:
    """The media type that a route reads; None where it takes no body, or a file of any type."""
    data = handler.parsed_data_field
    if data is None:
        return None
    stated = getattr(data.kwarg_definition, "media_type", None)
    return str(getattr(stated, "value", stated) or JSON)


async def negotiate(request: Request[Any, Any, Any]) -> None:
    """The API's hook before a request: behind the guard, before anything is read or done."""
    handler = request.route_handler
    if answers_in_json(handler) and preferred(request.headers.get("accept", "")) is None:
        raise NotAcceptable(
            "not-acceptable",
            "This address answers in {types}; the Accept header of the request takes neither.",
            types=f"{JSON}, {MESSAGEPACK[0]}",
        )
    wanted = body_type(handler)
    if wanted is None:
        return
    _check_encoding(request)
    sent = request.headers.get("content-type", "")
    kind, _, parameters = sent.partition(";")
    kind = kind.strip().lower()
    if wanted != JSON:
        if kind != wanted:
            raise _not_understood(sent, wanted)
    elif kind in MESSAGEPACK:
        if body := await request.body():
            ScopeState.from_scope(request.scope).json = _unpacked(body)
    elif sent and (kind != JSON or not _is_utf8(parameters)):
        raise _not_understood(sent, f"{JSON}, {MESSAGEPACK[0]}")


async def same_body(request: Request[Any, Any, Any]) -> bytes:
    """What two requests have in common that say the same, however it was written."""
    if body_type(request.route_handler) == JSON:
        return msgspec.json.encode(await request.json(), order="deterministic")
    return await request.body()


def _check_encoding(request: Request[Any, Any, Any]) -> None:
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", ""):
        raise UnsupportedMedia(
            "content-encoding",
            "A body in the encoding {encoding} is not read here. Send it as it is.",
            encoding=encoding,
        )


def _not_understood(sent: str, wanted: str) -> UnsupportedMedia:
    error = UnsupportedMedia(
        "media-type",
        "This address reads {wanted}, not {sent}.",
        wanted=wanted,
        sent=sent or "∅",
    )
    error.headers = {"Accept": wanted}
    return error


def _unpacked(body: bytes) -> Any:
    """What the body would have said in JSON, which knows no bytes, moments or numbers as keys."""
    try:
        return msgspec.json.decode(msgspec.json.encode(msgspec.msgpack.decode(body)))
    except (msgspec.MsgspecError, TypeError, ValueError, OverflowError) as error:
        raise Malformed(
            "malformed", "The body of the request is no MessagePack that JSON could say as well."
        ) from error


def _is_utf8(parameters: str) -> bool:
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip('"').lower() in _UTF8
    return True


def _ranges(accept: str) -> dict[str, float]:
    """Media range → weight; what is no number counts as a refusal."""
    found: dict[str, float] = {}
    for entry in accept.split(","):
        name, *parameters = (part.strip().lower() for part in entry.split(";"))
        weight = 1.0
        for parameter in parameters:
            if parameter.startswith("q="):
                try:
                    weight = float(parameter[2:])
                except ValueError:
                    weight = 0.0
        if name:
            found[name] = weight if 0 <= weight <= 1 else 0.0
    return found


def _weight(offer: str, ranges: dict[str, float]) -> float:
    """By the most particular range that names it."""
    family = offer.partition("/")[0] + "/*"
    for name in (offer, family, "*/*"):
        if name in ranges:
            return ranges[name]
    return 0.0
