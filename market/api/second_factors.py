"""The second factor of the person who is signed in, and its reset by a centre."""

from datetime import datetime
from typing import cast

import msgspec
from litestar import get, post, put
from litestar.params import FromPath, JSONBody

from market.accounts import second_factors
from market.accounts.identity import Asking, actor, visit, visitor
from market.accounts.permissions import ANYBODY_SIGNED_IN, allow, lacks_second_factor
from market.accounts.queries import SignedIn, second_factor_state
from market.api.sessions import GUESSES_REFUSED, NewSession, new_session
from market.settings import Settings
from ratings.ledger.actors import Role


class SecondFactor(msgspec.Struct, frozen=True):
    """`enrolled_at` is null without one. `missing`: your role needs one before anything else."""

    enrolled_at: datetime | None
    recovery_codes: int
    missing: bool


class SecondFactorOffer(msgspec.Struct, frozen=True):
    """Put `uri` (or `secret`) into an authenticator, then send `ticket` back with a code."""

    secret: str
    uri: str
    ticket: str


class SecondFactorProof(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A code of the authenticator that was set up, and the password once more."""

    ticket: str
    code: str
    password: str

    def __repr__(self) -> str:
        return "SecondFactorProof(…)"


class Code(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of the authenticator, or a recovery code."""

    code: str

    def __repr__(self) -> str:
        return "Code(…)"


class RecoveryCodes(msgspec.Struct, frozen=True):
    """Each is good once in place of a code. They are shown this once."""

    recovery_codes: tuple[str, ...]


class NewSecondFactor(NewSession, frozen=True):
    """The session goes on under the new `token`."""

    recovery_codes: tuple[str, ...] = ()


class Reset(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reason: str


@get(
    "/second-factor",
    operation_id="second_factor_show",
    summary="Whether you have a second factor",
    **allow(*ANYBODY_SIGNED_IN, early=True),
)
async def show(request: Asking) -> SecondFactor:
    who = cast(SignedIn, visitor(request))
    state = await second_factor_state(who.person)
    return SecondFactor(
        enrolled_at=state.enrolled_at,
        recovery_codes=state.recovery_codes,
        missing=lacks_second_factor(who, _settings(request)),
    )


@post(
    "/second-factor/offers",
    operation_id="second_factor_offer",
    summary="Begin to set up a second factor",
    **allow(*ANYBODY_SIGNED_IN, early=True),
)
async def offer(request: Asking) -> SecondFactorOffer:
    made = await second_factors.offer(
        actor(request), visit(request), _settings(request).site_name_en
    )
    return SecondFactorOffer(made.secret, made.uri, made.ticket)


@put(
    "/second-factor",
    operation_id="second_factor_enrol",
    summary="Set up the second factor that was offered",
    responses=GUESSES_REFUSED,
    **allow(*ANYBODY_SIGNED_IN, early=True),
)
async def enrol(data: JSONBody[SecondFactorProof], request: Asking) -> NewSecondFactor:
    """Ends all your other sessions. The answer carries a new token; the one you have ends."""
    made = await second_factors.enrol(
        actor(request), _token(request), data.ticket, data.code, data.password, visit(request)
    )
    return NewSecondFactor(
        **msgspec.structs.asdict(new_session(made.who)), recovery_codes=made.recovery_codes
    )


@post(
    "/second-factor/recovery-codes",
    operation_id="recovery_codes_renew",
    summary="Have ten new recovery codes",
    responses=GUESSES_REFUSED,
    **allow(*ANYBODY_SIGNED_IN),
)
async def renew_recovery_codes(data: JSONBody[Code], request: Asking) -> RecoveryCodes:
    """Those you had are worthless from then on."""
    return RecoveryCodes(
        await second_factors.renew_recovery_codes(actor(request), data.code, visit(request))
    )


@post(
    "/second-factor/removal",
    operation_id="second_factor_remove",
    summary="Remove your second factor",
    responses=GUESSES_REFUSED,
    **allow(*ANYBODY_SIGNED_IN),
)
async def remove(data: JSONBody[Code], request: Asking) -> NewSession:
    """The answer carries a new token; the one you have ends."""
    return new_session(
        await second_factors.remove(actor(request), _token(request), data.code, visit(request))
    )


@post(
    "/people/{person:str}/second-factor/reset",
    operation_id="second_factor_reset",
    summary="Take a lost second factor away from somebody",
    status_code=204,
    **allow(Role.CENTRE),
)
async def reset(person: FromPath[str], data: JSONBody[Reset], request: Asking) -> None:
    """For an administrator of the centre. Ends all sessions of that person."""
    await second_factors.reset(actor(request), person, data.reason)


ROUTES = [show, offer, enrol, renew_recovery_codes, remove, reset]


def _settings(request: Asking) -> Settings:
    return cast(Settings, request.app.state.settings)


def _token(request: Asking) -> str:
    return cast(SignedIn, visitor(request)).token
