"""Argon2 hashes, computed in a thread: one takes tens of milliseconds of a core."""

import asyncio
import functools
import secrets

from pwdlib import PasswordHash

from market.accounts.rules import normal_password

_hasher = PasswordHash.recommended()


async def hashed(password: str) -> str:
    return await asyncio.to_thread(_hasher.hash, normal_password(password))


async def hashed_for_demonstration(password: str) -> str:
    """One hash for all invented accounts: their password is printed at start anyway.

    A populated demonstration has about a hundred accounts; a hash for each would double the
    time it takes to start.
    """
    return await asyncio.to_thread(_shared, normal_password(password))


async def matches(password: str, password_hash: str | None) -> tuple[bool, str | None]:
    """Whether the password is right, and a new hash to keep when the parameters have changed.

    Without a hash, and with the empty one of an erased account, False after the same time.
    """
    known = bool(password_hash)
    against = password_hash if password_hash else await asyncio.to_thread(_nobodys)
    right, newer = await asyncio.to_thread(
        _hasher.verify_and_update, normal_password(password), against
    )
    return known and right, newer


@functools.cache
def _shared(password: str) -> str:
    return _hasher.hash(password)


@functools.cache
def _nobodys() -> str:
    """The hash an unknown sign-in name is compared with."""
    return _hasher.hash(secrets.token_urlsafe())
