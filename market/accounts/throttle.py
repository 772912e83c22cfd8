"""The counts behind `lockout.py`, in the database: they hold over processes and races."""

import secrets
from datetime import datetime

import msgspec

from market.accounts import lockout
from market.accounts.lockout import Count, Step
from market.accounts.seals import keyed_hash
from market.accounts.visits import Visit, place
from ratings.ledger.database import execute, fetchrow, tx
from ratings.ledger.errors import Bilingual, TooMany

_COUNTS, _MARKS = "sign-in counts", "known devices"


class Attempt(msgspec.Struct, frozen=True):
    """An attempt under way; `wide` is empty when the place is known to this person."""

    narrow: str
    wide: str


async def begin(step: Step, login: str, visit: Visit, at: datetime) -> Attempt:
    """Count an attempt before it is looked at; TooMany says how long to wait.

    A sign-in name that nobody has is counted like any other.
    """
    device = known_device(visit, login)
    narrow = _key(visit, step, login, device or place(visit.address))
    wide = _key(visit, step, login)
    async with tx():
        # Always in this order: two attempts can wait for each other, but never in a circle.
        here = await _locked(narrow)
        if device or lockout.known(here, at):
            _refuse_early(lockout.wait(step.narrow, here, at).total_seconds())
            await _store(narrow, lockout.attempted(here, at))
            return Attempt(narrow, "")
        everywhere = await _locked(wide)
        waits = (lockout.wait(step.narrow, here, at), lockout.wait(step.wide, everywhere, at))
        _refuse_early(max(waits).total_seconds())
        await _store(narrow, lockout.attempted(here, at))
        await _store(wide, lockout.attempted(everywhere, at))
    return Attempt(narrow, wide)


async def succeeded(attempt: Attempt, at: datetime) -> None:
    """It was right: forgive this place, and take this one attempt back from the wide count."""
    async with tx():
        await _store(attempt.narrow, lockout.succeeded(await _locked(attempt.narrow), at))
        if attempt.wide:
            await _store(attempt.wide, lockout.withdrawn(await _locked(attempt.wide)))


async def forget_old_counts(at: datetime) -> None:
    """What would count for nothing any more."""
    await execute(
        "DELETE FROM sign_in_count WHERE (failed_at IS NULL OR failed_at < $1)"
        " AND (succeeded_at IS NULL OR succeeded_at < $2)",
        at - lockout.FORGOTTEN_AFTER,
        at - lockout.KNOWN_FOR,
    )


def device_mark(key: bytes, login: str) -> str:
    """For a browser that has signed in, to be known by; good for this sign-in name only."""
    number = secrets.token_urlsafe(12)
    return f"{number}.{keyed_hash(key, _MARKS, login, number)}"


def known_device(visit: Visit, login: str) -> str:
    """The number of the device when its mark is genuine, else nothing."""
    number, _, proof = visit.mark.partition(".")
    right = keyed_hash(visit.key, _MARKS, login, number)
    return number if proof and secrets.compare_digest(proof.encode(), right.encode()) else ""


def _key(visit: Visit, step: Step, *parts: str) -> str:
    return keyed_hash(visit.key, _COUNTS, step.name, *parts)


def _refuse_early(seconds: float) -> None:
    if seconds <= 0:
        return
    whole = int(seconds) + 1
    minutes = -(-whole // 60)
    raise TooMany(
        "sign-in-too-often",
        "Too many attempts have failed. Please wait {wait}, then try again.",
        seconds=whole,
        wait=Bilingual(zh=f"{whole} 秒", en=f"{whole} seconds")
        if whole <= 90
        else Bilingual(zh=f"{minutes} 分钟", en=f"{minutes} minutes"),
    )


async def _locked(key: str) -> Count:
    """The count, held until the transaction ends."""
    row = await fetchrow(
        "INSERT INTO sign_in_count (key, failures) VALUES ($1, 0)"
        " ON CONFLICT (key) DO UPDATE SET key = EXCLUDED.key"
        " RETURNING failures, failed_at, succeeded_at",
        key,
    )
    assert row is not None
    return Count(*row)


async def _store(key: str, count: Count) -> None:
    await execute(
        "UPDATE sign_in_count SET failures = $2, failed_at = $3, succeeded_at = $4 WHERE key = $1",
        key,
        count.failures,
        count.failed_at,
        count.succeeded_at,
    )
