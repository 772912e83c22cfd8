"""Calling an address that somebody has typed in.

The name is looked up once, the addresses found are judged (`addresses.py`), and the connection goes
to the very address that was judged: a name that answers differently the second time gains nothing.
The certificate is checked, and the Host header written, for the name.
"""

import asyncio
import socket
import ssl
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import cache

import httpx
import msgspec

from ratings.ledger.addresses import Network, check_address, may_be_called
from ratings.ledger.errors import Refused

_CONNECT_SECONDS = 5.0
_TOTAL_SECONDS = 15.0
_ADDRESSES_TRIED = 2
_ANSWER_BYTES = 1_000
"""Nothing of an answer is read beyond these."""
LONGEST_ADDRESS = 500


class Unreached(Exception):
    """Nothing usable came back; `error` is one of the words of `Answer`, or too-long."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


class Reply(msgspec.Struct, frozen=True):
    """An answer that was read whole; the names of `headers` are in small letters."""

    status: int
    headers: dict[str, str]
    content: bytes


class Answer(msgspec.Struct, frozen=True):
    """What came back from a `post`: `status` or, when nothing did, `error`; `text` is the beginning
    of the answer.

    `error` is one of no-address, connection, certificate, time-out, protocol.
    """

    status: int | None
    error: str
    text: str
    milliseconds: int

    @property
    def good(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def checked_address(text: str, networks: tuple[Network, ...]) -> str:
    """The address in its normal spelling; Refused for one that may never be called."""
    return str(_checked(text, networks))


def host_of(address: str) -> str:
    return httpx.URL(address).host


async def post(
    address: str, body: bytes, headers: Mapping[str, str], networks: tuple[Network, ...]
) -> Answer:
    """Send `body` once and say how it went; never raises for what the other side does.

    Redirects are not followed: they would lead to an address that nobody has judged.
    """
    began = time.monotonic()

    def after(status: int | None = None, error: str = "", text: str = "") -> Answer:
        return Answer(status, error, text, round((time.monotonic() - began) * 1000))

    try:
        async with asyncio.timeout(_TOTAL_SECONDS):
            sent = {**headers, "Accept-Encoding": "identity"}
            async with _answered("POST", address, body, sent, networks, _TOTAL_SECONDS) as answer:
                return after(answer.status_code, text=await _beginning(answer))
    except _PROBLEMS as error:
        return after(error=_problem(error))


async def exchange(
    method: str,
    address: str,
    body: bytes,
    headers: Mapping[str, str],
    networks: tuple[Network, ...],
    *,
    most_bytes: int,
    seconds: float,
) -> Reply:
    """Ask once and read the whole answer, of any status; Unreached where there is none.

    Neither redirects nor an answer beyond `most_bytes`, unpacked, are followed to their end.
    """
    read = bytearray()
    try:
        async with (
            asyncio.timeout(seconds),
            _answered(method, address, body, headers, networks, seconds) as answer,
        ):
            async for piece in answer.aiter_bytes():
                read += piece
                if len(read) > most_bytes:
                    raise Unreached("too-long")
            named = {name.lower(): value for name, value in answer.headers.items()}
            return Reply(answer.status_code, named, bytes(read))
    except _PROBLEMS as error:
        raise Unreached(_problem(error)) from error


_PROBLEMS = (TimeoutError, Refused, httpx.HTTPError)


def _problem(error: BaseException) -> str:
    """The word for what went wrong between here and there."""
    match error:
        case TimeoutError() | httpx.TimeoutException():
            return "time-out"
        case Refused():
            return "no-address"
        case httpx.ConnectError():
            return "certificate" if _is_about_tls(error) else "connection"
        case httpx.NetworkError():
            return "connection"
    return "protocol"


def _checked(text: str, networks: tuple[Network, ...]) -> httpx.URL:
    try:
        url = httpx.URL(text.strip())
    except httpx.InvalidURL:
        url = httpx.URL("")
    if not url.host or len(text) > LONGEST_ADDRESS:
        raise Refused("address-malformed", "This is not a complete web address.")
    check_address(
        scheme=url.scheme,
        userinfo=bool(url.userinfo),
        host=url.raw_host.decode("ascii").strip("[]"),
        port=url.port,
        networks=networks,
    )
    return url.copy_with(fragment=None)


@asynccontextmanager
async def _answered(
    method: str,
    address: str,
    body: bytes,
    headers: Mapping[str, str],
    networks: tuple[Network, ...],
    seconds: float,
) -> AsyncIterator[httpx.Response]:
    """The answer, whose body has yet to be read."""
    url = _checked(address, networks)
    name = url.raw_host.decode("ascii").strip("[]")
    addresses = await _callable_addresses(url, name, networks)
    # A proxy of the environment would look the name up anew, so none is used.
    async with httpx.AsyncClient(
        verify=_trust(),
        trust_env=False,
        timeout=httpx.Timeout(seconds, connect=_CONNECT_SECONDS),
    ) as client:
        for place, one in enumerate(addresses, 1):
            request = client.build_request(
                method,
                url.copy_with(host=one),
                content=body,
                headers={**headers, "Host": url.netloc.decode("ascii")},
                extensions={"sni_hostname": name},
            )
            try:
                answer = await client.send(request, stream=True, follow_redirects=False)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                if place == len(addresses):
                    raise
                continue
            try:
                yield answer
            finally:
                await answer.aclose()
            return
    raise AssertionError("there is at least one address")


async def _callable_addresses(
    url: httpx.URL, name: str, networks: tuple[Network, ...]
) -> list[str]:
    """Where the connection may go; Refused when nowhere, whether or not the name is known.

    The two are not told apart, so that nobody learns which names an internal network has.
    """
    try:
        found = await asyncio.get_running_loop().getaddrinfo(
            name, url.port or {"http": 80, "https": 443}[url.scheme], type=socket.SOCK_STREAM
        )
    except (socket.gaierror, UnicodeError):
        found = []
    addresses = list(dict.fromkeys(str(place[0]) for *_, place in found))
    allowed = [one for one in addresses if may_be_called(one, url.scheme, networks)]
    if not allowed:
        raise Refused(
            "address-private",
            "{host} is not a public address, and this market calls no others.",
            host=name,
        )
    return allowed[:_ADDRESSES_TRIED]


async def _beginning(answer: httpx.Response) -> str:
    """The first bytes as text that can be stored and shown."""
    read = bytearray()
    async for piece in answer.aiter_raw():
        read += piece
        if len(read) >= _ANSWER_BYTES:
            break
    text = bytes(read[:_ANSWER_BYTES]).decode("utf-8", "replace")
    return "".join(one if one.isprintable() else " " for one in text).strip()


def _is_about_tls(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return True
        error = error.__cause__ or error.__context__
    return False


@cache
def _trust() -> ssl.SSLContext:
    """Read once. The authorities are certifi's, or those in the file that SSL_CERT_FILE names."""
    return httpx.create_ssl_context()
