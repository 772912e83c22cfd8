"""What is stored about the person who asks, their name put right, and their erasure."""

import functools
from typing import cast

import msgspec
from litestar import get, post, put
from litestar.params import FromPath, JSONBody

from market.accounts import profiles
from market.accounts.identity import Asking, actor, visit, visitor
from market.accounts.permissions import ANYBODY_SIGNED_IN, allow
from market.accounts.queries import SignedIn
from market.api.members import Because
from market.api.repeats import IdempotencyKey, act_once
from market.api.sessions import GUESSES_REFUSED
from market.oversight import erasure
from market.oversight.personal_data import PersonalData, personal_data
from ratings.ledger.actors import Role

_TAGS = ["personal-data"]


class OwnName(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str


class Erasing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The password once more: there is no way back."""

    password: str

    def __repr__(self) -> str:
        return "Erasing(…)"


@get(
    "/personal-data",
    operation_id="personal_data_show",
    summary="Everything that is stored about you",
    tags=_TAGS,
    **allow(*ANYBODY_SIGNED_IN, early=True),
)
async def show(request: Asking) -> PersonalData:
    """Passwords, tokens, keys and secrets are kept as hashes or sealed, and are not among it."""
    return await personal_data(actor(request), cast(SignedIn, visitor(request)))


@put(
    "/personal-data/name",
    operation_id="personal_name_change",
    summary="Put your own name right",
    tags=_TAGS,
    status_code=204,
    **allow(*ANYBODY_SIGNED_IN),
)
async def change_name(data: JSONBody[OwnName], request: Asking) -> None:
    await profiles.change_name(actor(request), data.name)


@post(
    "/personal-data/erasure",
    operation_id="personal_data_erase",
    summary="Have your personal data erased, for ever",
    tags=_TAGS,
    status_code=204,
    responses=GUESSES_REFUSED,
    **allow(*ANYBODY_SIGNED_IN, early=True),
)
async def erase(data: JSONBody[Erasing], request: Asking) -> None:
    """Your account ends with it. The last administrator of an organisation hands over first."""
    await erasure.erase_own(actor(request), data.password, visit(request))


@post(
    "/people/{person:str}/erasure",
    operation_id="person_erase",
    summary="Erase the personal data of somebody who has asked the centre for it",
    tags=_TAGS,
    status_code=204,
    **allow(Role.CENTRE),
)
async def erase_for(
    person: FromPath[str],
    data: JSONBody[Because],
    request: Asking,
    idempotency_key: IdempotencyKey = None,
) -> None:
    """For administrators of the centre, and people who cannot sign in any more."""
    who = actor(request)
    effect = functools.partial(erasure.erase_for, who, person, data.reason)
    await act_once(request, who, idempotency_key, effect)


ROUTES = [show, change_name, erase, erase_for]
