"""A provincial identity provider: OpenID Connect, the authorization code flow with PKCE.

Sources: OpenID Connect Core 1.0 §3.1, Discovery 1.0 §4, RFC 7636 (PKCE), RFC 9207 (`iss`).
"""

import base64
import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any, cast
from urllib.parse import quote, urlencode, urlsplit

import httpx
import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from market.settings import Settings
from ratings.ledger.errors import Bilingual, Refused, Unavailable

# Signatures by a key that only the provider has: never “none”, never one that we could make too.
_ALGORITHMS = ["RS256", "PS256", "ES256"]
_LEEWAY_SECONDS = 60
_TIMEOUT_SECONDS = 10
# What is published changes seldom, but a key that is withdrawn must not be believed for long.
_KEPT_FOR = timedelta(hours=1)
WAY_BACK = "/sign-in/provincial/callback"
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


class Begun(msgspec.Struct, frozen=True):
    """What the browser carries, sealed, while its owner is at the provider."""

    state: str
    nonce: str
    verifier: str
    next_path: str


class Identity(msgspec.Struct, frozen=True):
    """Whom the provider has vouched for. `name` is only for showing; it proves nothing."""

    issuer: str
    subject: str
    name: str


class _Published(msgspec.Struct, frozen=True):
    authorization: str
    token: str
    keys: KeySet
    read_at: datetime


class Provider:
    """The provider that the settings name. Reads what it publishes when first needed."""

    def __init__(self, settings: Settings) -> None:
        self._issuer = settings.oidc_issuer
        self._client = (settings.oidc_client_id, settings.oidc_client_secret)
        self._label = Bilingual(zh=settings.oidc_label, en=settings.oidc_label_en)
        # Where the provider sends people back to: never what a request's Host header claims.
        self._redirect = settings.public_url.rstrip("/") + WAY_BACK
        self._published: _Published | None = None
        if not _private(self._issuer):
            raise Unavailable(
                "provider-insecure",
                "STEELYARD_OIDC_ISSUER must begin with https://: it is “{issuer}”.",
                issuer=self._issuer,
            )
        if not settings.public_url:
            raise Unavailable(
                "public-url-missing",
                "With STEELYARD_OIDC_ISSUER there must be STEELYARD_PUBLIC_URL: the address at"
                " which people reach the market, for the provider to send them back to.",
            )

    async def begin(self, next_path: str, at: datetime) -> tuple[str, Begun]:
        """Where to send the browser, and what it must bring back; Unavailable when it is down."""
        published = await self._read(at)
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        begun = Begun(state, nonce, verifier, next_path)
        digest = hashlib.sha256(begun.verifier.encode()).digest()
        query = {
            "response_type": "code",
            "client_id": self._client[0],
            "redirect_uri": self._redirect,
            "scope": "openid profile",
            "state": begun.state,
            "nonce": begun.nonce,
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        joint = "&" if urlsplit(published.authorization).query else "?"
        return published.authorization + joint + urlencode(query), begun

    async def finish(self, answer: dict[str, str], begun: Begun, at: datetime) -> Identity:
        """Exchange the code of the provider's answer for an identity; Refused unless everything
        about it is as it was begun."""
        if not secrets.compare_digest(answer.get("state", "").encode(), begun.state.encode()):
            raise self._refused()
        if answer.get("iss", self._issuer) != self._issuer:
            raise self._refused()
        if "error" in answer or not answer.get("code"):
            raise Refused(
                "provider-declined",
                "{label} has not confirmed who you are. You can try again, or sign in with your"
                " password.",
                label=self._label,
            )
        token = await self._exchange(answer["code"], begun.verifier, at)
        return self._identity(await self._verified(token, begun.nonce, at))

    async def _exchange(self, code: str, verifier: str, at: datetime) -> str:
        published = await self._read(at)
        name, secret = self._client
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect,
            "code_verifier": verifier,
        }
        # RFC 6749 §2.3.1: the two are form-encoded before they are put together.
        credentials = httpx.BasicAuth(quote(name, safe=""), quote(secret, safe=""))
        async with self._http() as client:
            try:
                answer = await (
                    client.post(published.token, data=form, auth=credentials)
                    if secret
                    else client.post(published.token, data=form | {"client_id": name})
                )
            except httpx.HTTPError as error:
                raise self._down() from error
        if answer.status_code >= 500:
            raise self._down()
        try:
            return str(answer.raise_for_status().json()["id_token"])
        except (httpx.HTTPStatusError, ValueError, KeyError, TypeError) as error:
            raise self._refused() from error

    async def _verified(self, token: str, nonce: str, at: datetime) -> dict[str, Any]:
        """The claims of a token that the provider has signed for us, for this sign-in, now."""
        published = await self._read(at)
        try:
            return self._claims(token, published.keys, nonce, at)
        except (JoseError, ValueError) as error:
            if published.read_at == at:
                raise self._refused() from error
        # It may have been signed by a key that is newer than what we have read.
        self._published = None
        published = await self._read(at)
        try:
            return self._claims(token, published.keys, nonce, at)
        except (JoseError, ValueError) as error:
            raise self._refused() from error

    def _claims(self, token: str, keys: KeySet, nonce: str, at: datetime) -> dict[str, Any]:
        claims = jwt.decode(token, keys, algorithms=_ALGORITHMS).claims
        jwt.JWTClaimsRegistry(
            now=int(at.timestamp()),
            leeway=_LEEWAY_SECONDS,
            iss={"essential": True, "value": self._issuer},
            aud={"essential": True, "value": self._client[0]},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": nonce},
        ).validate(claims)
        if claims.get("azp", self._client[0]) != self._client[0]:
            raise ValueError("authorized for another party")
        return claims

    def _identity(self, claims: dict[str, Any]) -> Identity:
        name = claims.get("name")
        return Identity(self._issuer, str(claims["sub"]), name if isinstance(name, str) else "")

    async def _read(self, at: datetime) -> _Published:
        """What the provider publishes about itself, at most an hour old."""
        kept = self._published
        if kept is not None and at - kept.read_at < _KEPT_FOR:
            return kept
        async with self._http() as client:
            try:
                about = await self._document(
                    client, self._issuer.rstrip("/") + "/.well-known/openid-configuration"
                )
                keys = await self._document(client, about["jwks_uri"])
                self._published = _Published(
                    authorization=str(about["authorization_endpoint"]),
                    token=str(about["token_endpoint"]),
                    keys=KeySet.import_key_set(cast(Any, keys)),
                    read_at=at,
                )
            except (httpx.HTTPError, JoseError, ValueError, KeyError, TypeError) as error:
                raise self._down() from error
        if about.get("issuer") != self._issuer or not all(
            map(_private, (self._published.authorization, self._published.token))
        ):
            self._published = None
            raise self._down()
        return self._published

    async def _document(self, client: httpx.AsyncClient, address: str) -> dict[str, Any]:
        if not _private(address):
            raise ValueError("not over TLS")
        answer = await client.get(address)
        return cast("dict[str, Any]", answer.raise_for_status().json())

    def _http(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(timeout=_TIMEOUT_SECONDS, headers={"Accept": "application/json"})

    def _down(self) -> Unavailable:
        return Unavailable(
            "provider-down",
            "{label} cannot be reached at the moment. Please sign in with your password.",
            label=self._label,
        )

    def _refused(self) -> Refused:
        return Refused(
            "provider-refused",
            "The answer of {label} does not belong to this sign-in or has expired. Please begin"
            " once more.",
            label=self._label,
        )


def _private(address: str) -> bool:
    """Over TLS, or to this machine itself."""
    parts = urlsplit(address)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
