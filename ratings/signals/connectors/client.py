"""Asking a source for a page: the token or the signature, and what its refusal means."""

import base64
import os
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import httpx
import msgspec

from ratings.ledger.addresses import Network
from ratings.ledger.errors import Refused
from ratings.ledger.outgoing import Reply, Unreached, exchange
from ratings.ledger.text import N_
from ratings.signals.connectors.description import Connector, OAuth2
from ratings.signals.connectors.paging import Asked
from ratings.signals.connectors.rules import retry_after
from ratings.signals.connectors.signing import signature_headers

MOST_BYTES = 32 * 1024 * 1024
"""Of one page."""
_SECONDS = 60.0
_PASSING = {408, 425, 429, 500, 502, 503, 504}
_UNAUTHORISED = 401
# A token is renewed this long before it ends, so that none ends on the way.
_EARLY = timedelta(seconds=30)
_USUAL_LIFE = 300

UNREACHED = {
    "no-address": N_("Its address is unknown, or not one that this market may call."),
    "connection": N_("No connection."),
    "certificate": N_("The certificate is not valid for it."),
    "time-out": N_("No answer in time."),
    "protocol": N_("What came back is no HTTP."),
    "too-long": N_("The page is larger than 32 MB. Ask for smaller pages."),
}
STATUS = N_("It answered with status {status}.")


class Again(Exception):
    """The source could not answer now. `message` is a msgid; `wait` is what the source asked."""

    def __init__(self, message: str, wait: timedelta | None = None, /, **params: object) -> None:
        super().__init__(message)
        self.message = message
        self.wait = wait
        self.params = params


class _Token(msgspec.Struct, frozen=True):
    access_token: str
    expires_in: float = _USUAL_LIFE


class Source:
    """One source for as long as one pull is at work; its token lives no longer."""

    def __init__(self, connector: Connector, networks: tuple[Network, ...]) -> None:
        self._connector = connector
        self._networks = networks
        self._secret = os.environ.get(connector.access.secret, "")
        self._token = ""
        self._until = datetime.fromtimestamp(0, UTC)
        if not self._secret:
            raise Refused(
                "connector-secret-missing",
                "The environment has no {variable}, which the connector {name} needs.",
                variable=connector.access.secret,
                name=connector.name,
            )

    async def page(self, asked: Asked, at: datetime) -> Reply:
        """The answer; Again where it may succeed later, Refused where it will not.

        A token that the source takes no more, before its time, is renewed once.
        """
        reply = await self._asked(asked, at)
        if reply.status == _UNAUTHORISED and isinstance(self._connector.access, OAuth2):
            self._token = ""
            reply = await self._asked(asked, at)
        return self._good(reply, at)

    async def _asked(self, asked: Asked, at: datetime) -> Reply:
        headers = {"Accept": "application/json", "User-Agent": "Steelyard-Connector"}
        if asked.body:
            headers["Content-Type"] = "application/json"
        access = self._connector.access
        if isinstance(access, OAuth2):
            headers["Authorization"] = f"Bearer {await self._valid_token(access, at)}"
        else:
            headers |= signature_headers(
                access, self._secret, asked.method, asked.address, asked.body, at
            )
        return await self._sent(asked.method, asked.address, asked.body, headers)

    async def _valid_token(self, access: OAuth2, at: datetime) -> str:
        if self._token and at < self._until - _EARLY:
            return self._token
        form = {"grant_type": "client_credentials"}
        if access.scope:
            form["scope"] = access.scope
        headers = {
            "Accept": "application/json",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        if access.credentials == "body":
            form |= {"client_id": access.client_id, "client_secret": self._secret}
        else:
            # RFC 6749 section 2.3.1: both are form-encoded before they are joined.
            pair = f"{quote(access.client_id, safe='')}:{quote(self._secret, safe='')}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        body = str(httpx.QueryParams(form)).encode()
        reply = self._good(await self._sent("POST", access.token_url, body, headers), at)
        try:
            token = msgspec.json.decode(reply.content, type=_Token)
        except msgspec.MsgspecError:
            raise Refused(
                "connector-token",
                "The source of {name} gave no access token. Check the client and its secret.",
                name=self._connector.name,
            ) from None
        self._token, self._until = token.access_token, at + timedelta(seconds=token.expires_in)
        return self._token

    async def _sent(self, method: str, address: str, body: bytes, headers: dict[str, str]) -> Reply:
        try:
            return await exchange(
                method,
                address,
                body,
                headers,
                self._networks,
                most_bytes=MOST_BYTES,
                seconds=_SECONDS,
            )
        except Unreached as problem:
            raise Again(UNREACHED[problem.error]) from problem

    def _good(self, reply: Reply, at: datetime) -> Reply:
        if 200 <= reply.status < 300:
            return reply
        if reply.status in _PASSING:
            raise Again(
                STATUS, retry_after(reply.headers.get("retry-after", ""), at), status=reply.status
            )
        raise Refused(
            "connector-refused",
            "The source of {name} refuses the request with status {status}. Check the connector"
            " and its secret.",
            name=self._connector.name,
            status=reply.status,
        )
