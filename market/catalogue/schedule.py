"""What runs beside what: the working days of a package are its critical path, not the sum."""

from collections.abc import Collection, Mapping
from typing import Protocol

import msgspec

from ratings.ledger.errors import Refused


class Timed(Protocol):
    """An item as far as the schedule is concerned; None where its length follows the project."""

    @property
    def working_days(self) -> int | None: ...


class Waiting(Protocol):
    """A package as far as the schedule is concerned."""

    @property
    def items(self) -> tuple[str, ...]: ...
    @property
    def optional(self) -> tuple[str, ...]: ...
    @property
    def waits(self) -> dict[str, tuple[str, ...]]: ...


class Bar(msgspec.Struct, frozen=True):
    """One item in the schedule: it begins after working day `start` and ends with day `end`.

    `after` are the items it waits for; `critical` items decide how long the package takes.
    """

    item: str
    start: int
    end: int
    after: tuple[str, ...]
    critical: bool


def bought(package: Waiting, chosen: Collection[str] = ()) -> tuple[str, ...]:
    """The items of a purchase: the required ones, and the optional ones that were chosen."""
    return (*package.items, *(code for code in package.optional if code in chosen))


def critical_path(
    package: Waiting, items: Mapping[str, Timed], chosen: Collection[str] = ()
) -> tuple[str, ...]:
    """The chain of items that decides how long the package takes, first item first.

    An item without working days counts 0; one that is not bought is waited for by nobody. Raises
    Refused, naming an item, when the waits run in a circle.
    """
    codes = bought(package, chosen)
    chains: dict[str, tuple[str, ...]] = {}

    def length(chain: tuple[str, ...]) -> int:
        return sum(items[code].working_days or 0 for code in chain)

    def chain_to(code: str, open_codes: tuple[str, ...]) -> tuple[str, ...]:
        if code in open_codes:
            raise Refused(
                "waits-in-a-circle",
                "Item {item} waits for itself: {circle}. Take one of these waits out.",
                item=code,
                circle=" → ".join((*open_codes[open_codes.index(code) :], code)),
            )
        if code not in chains:
            before = [
                chain_to(wait, (*open_codes, code))
                for wait in package.waits.get(code, ())
                if wait in codes
            ]
            chains[code] = (*max(before, key=length, default=()), code)
        return chains[code]

    return max((chain_to(code, ()) for code in codes), key=length, default=())


def package_days(package: Waiting, items: Mapping[str, Timed], chosen: Collection[str] = ()) -> int:
    """Working days of the package: its critical path, not the sum of its items."""
    return sum(items[code].working_days or 0 for code in critical_path(package, items, chosen))


def schedule(
    package: Waiting, items: Mapping[str, Timed], chosen: Collection[str] = ()
) -> tuple[Bar, ...]:
    """Every item as early as its waits allow, in the order of the package."""
    codes, path = bought(package, chosen), critical_path(package, items, chosen)
    ends: dict[str, int] = {}

    def after(code: str) -> tuple[str, ...]:
        return tuple(wait for wait in package.waits.get(code, ()) if wait in codes)

    def start(code: str) -> int:
        return max((end(wait) for wait in after(code)), default=0)

    def end(code: str) -> int:
        if code not in ends:
            ends[code] = start(code) + (items[code].working_days or 0)
        return ends[code]

    return tuple(Bar(code, start(code), end(code), after(code), code in path) for code in codes)
