"""What is made from the installation's key: sealed texts, tickets and keyed hashes.

Each purpose has a key of its own (HKDF-SHA256), so that what is sealed for one can never be used
for another.
"""

import base64
import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from typing import TypeVar

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE_BYTES = 12
T = TypeVar("T")


def seal(key: bytes, purpose: str, text: bytes, bound_to: str = "") -> str:
    """`text` encrypted by AES-GCM, opened only for the same purpose and what it is bound to."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    sealed = AESGCM(_derived(key, purpose)).encrypt(nonce, text, bound_to.encode())
    return base64.urlsafe_b64encode(nonce + sealed).decode()


def unseal(key: bytes, purpose: str, sealed: str, bound_to: str = "") -> bytes | None:
    """None when it was not sealed here, for this, or has been changed."""
    try:
        raw = base64.urlsafe_b64decode(sealed.encode())
        return AESGCM(_derived(key, purpose)).decrypt(
            raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], bound_to.encode()
        )
    except (ValueError, InvalidTag):
        return None


class _Ticket(msgspec.Struct, frozen=True, array_like=True):
    until: datetime
    content: msgspec.Raw


def ticket(key: bytes, purpose: str, content: object, until: datetime) -> str:
    """`content` for somebody to carry and bring back before `until`, without reading it."""
    raw = msgspec.json.encode(_Ticket(until, msgspec.Raw(msgspec.json.encode(content))))
    return seal(key, purpose, raw)


def ticket_content(key: bytes, purpose: str, given: str, at: datetime, kind: type[T]) -> T | None:
    """What a ticket says; None when it is not ours, for something else, or too old."""
    raw = unseal(key, purpose, given)
    if raw is None:
        return None
    found = msgspec.json.decode(raw, type=_Ticket)
    return msgspec.json.decode(found.content, type=kind) if at < found.until else None


def keyed_hash(key: bytes, purpose: str, *parts: str) -> str:
    """The same for the same parts, and without the key nobody can try which parts they were."""
    text = "\0".join(parts).encode()
    return hmac.new(_derived(key, purpose), text, hashlib.sha256).hexdigest()


def _derived(key: bytes, purpose: str) -> bytes:
    return HKDF(SHA256(), length=32, salt=None, info=purpose.encode()).derive(key)


TICKET_LIFE = timedelta(minutes=10)
