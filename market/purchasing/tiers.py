"""Price tiers of a group buy (阶梯价): the more participants, the lower the price for each."""

from collections.abc import Sequence

import msgspec

from ratings.ledger.errors import Fault, Refused


class Tier(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From `at_least` participants on, each pays `price_fen`."""

    at_least: int
    price_fen: int


def check_tiers(tiers: Sequence[Tier], places: int) -> tuple[Tier, ...]:
    """The tiers in ascending order of participants, or Refused with every fault.

    A group starts at two; every step needs more participants and must cost less; the last
    step must be reachable with the places there are.
    """
    faults = []
    if not tiers:
        raise Refused("tiers-missing", "A group buy needs at least one price tier.")
    for index, tier in enumerate(tiers):
        pointer = f"/tiers/{index}"
        if tier.at_least < 2:
            faults.append(
                Fault(f"{pointer}/at_least", "tier-too-small", "A tier starts at two or more.")
            )
        if tier.at_least > places:
            faults.append(
                Fault(
                    f"{pointer}/at_least",
                    "tier-unreachable",
                    "This tier needs more participants than there are places.",
                )
            )
        if tier.price_fen <= 0:
            faults.append(
                Fault(f"{pointer}/price_fen", "price-not-positive", "A price is above zero.")
            )
        if index and tier.at_least <= tiers[index - 1].at_least:
            faults.append(
                Fault(
                    f"{pointer}/at_least",
                    "tiers-not-ascending",
                    "Each tier needs more participants than the one before.",
                )
            )
        if index and tier.price_fen >= tiers[index - 1].price_fen:
            faults.append(
                Fault(
                    f"{pointer}/price_fen",
                    "tiers-not-cheaper",
                    "Each tier must cost less than the one before.",
                )
            )
    if faults:
        raise Refused(
            "tiers-invalid", "The price tiers do not form a ladder.", faults=tuple(faults)
        )
    return tuple(tiers)


def tier_for(tiers: Sequence[Tier], participants: int) -> Tier | None:
    """The tier that `participants` have reached, or None below the first."""
    reached = [tier for tier in tiers if participants >= tier.at_least]
    return reached[-1] if reached else None
