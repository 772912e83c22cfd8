"""Time-based one-time codes (RFC 6238) and the codes that replace a lost authenticator: pure but
for the randomness of new ones."""

import hmac
import secrets
from datetime import datetime

import pyotp

STEP_SECONDS = 30
_DIGITS = 6
# A clock may be off, and typing takes time: the step before and the one after are taken too.
_DRIFT = 1
RECOVERY_CODES = 10
# Without letters that are mistaken for each other; sixteen of them are 80 bits.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_GROUPS, _GROUP = 4, 4


def new_secret() -> str:
    """160 bits in Base32, as authenticators want it."""
    return pyotp.random_base32()


def enrolment_uri(secret: str, login: str, site: str) -> str:
    """What the picture says to an authenticator."""
    return pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=site)


def step_at(at: datetime) -> int:
    return int(at.timestamp()) // STEP_SECONDS


def matching_step(secret: str, code: str, at: datetime) -> int | None:
    """The time step whose code this is, or None."""
    digits = plain(code)
    totp = pyotp.TOTP(secret, digits=_DIGITS)
    found = None
    for step in range(step_at(at) - _DRIFT, step_at(at) + _DRIFT + 1):
        if hmac.compare_digest(totp.generate_otp(step).encode(), digits.encode()):
            found = step
    return found


def plain(code: str) -> str:
    """A code without what people put in to read it, in small letters."""
    return "".join(character for character in code.casefold() if character.isalnum())


def new_recovery_codes() -> tuple[str, ...]:
    return tuple(
        "-".join("".join(secrets.choice(_ALPHABET) for _ in range(_GROUP)) for _ in range(_GROUPS))
        for _ in range(RECOVERY_CODES)
    )


def is_recovery_code(code: str) -> bool:
    """By its length; whether it is one of this person's is another question."""
    return len(plain(code)) == _GROUPS * _GROUP
