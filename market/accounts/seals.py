"""What is made from the installation's key: sealed texts.

Each purpose has a key of its own (HKDF-SHA256), so that what is sealed for one can never be used
for another.
"""

import base64
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE_BYTES = 12


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


def _derived(key: bytes, purpose: str) -> bytes:
    return HKDF(SHA256(), length=32, salt=None, info=purpose.encode()).derive(key)
