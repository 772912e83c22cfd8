"""Whether a person is too close to an agency to evaluate its work."""

from collections.abc import Iterable

import msgspec

from market.agencies.bonds import PERSON, Stated, bond
from ratings.ledger.errors import Bilingual


class Firm(msgspec.Struct, frozen=True):
    """An agency by its code, and what it states of itself."""

    uscc: str
    stated: Stated


def rater_tie(acts_for: Iterable[Firm], agency: Firm) -> Bilingual | None:
    """What ties a person who acts for some agencies to the one that is evaluated; None if nothing.

    The same person acts for it, or for another agency that shares two of contact, telephone and
    address with it. A person states neither telephone nor address to the market, so there is
    nothing else to compare; who is related in another way says so and steps back.
    """
    others = sorted(acts_for, key=lambda one: (one.uscc != agency.uscc, one.uscc))
    for firm in others:
        if firm.uscc == agency.uscc:
            return PERSON
        shared = bond(firm.stated, agency.stated, same_person=False)
        if shared is not None:
            return shared
    return None
