"""What an invented county is like: every number a range with the mark of where it comes from.

A world is a TOML document of ranges. A county is drawn from it once per seed, so that two seeds
differ in their numbers and not in their dice alone. `widened` stretches the ranges of a world:
weights are fitted on widened worlds and tried on worlds they were not fitted on.

Marks, as in the domain's notes: S read in a published source, P a proposal of this project,
M measured on an earlier simulation.
"""

import tomllib
from collections.abc import Mapping
from importlib import resources
from typing import Literal

import msgspec
import numpy as np

from ratings.ledger.errors import Refused

HONEST = ("normal", "new", "dormant", "sole", "dispatch", "quarterly", "incubator", "struggling")
SHELLS = ("empty", "token", "certificate", "mill", "adversarial")
ARCHETYPES = (*HONEST, *SHELLS)

Mark = Literal["S", "P", "M"]


class Range(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A number drawn evenly between `low` and `high` (included), and what it stands for."""

    low: float
    high: float
    mark: Mark = "P"
    about: str = ""

    def __post_init__(self) -> None:
        if not 0 <= self.low <= self.high:
            raise ValueError("a range rises from a number that is not negative")


class World(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`county` holds what is one number for all; `traits` one range per trait and archetype.

    `limits` names the highest sensible value of what is a share, so that stretching keeps it one.
    """

    name: str
    about: str
    county: dict[str, Range]
    traits: dict[str, dict[str, Range]]
    limits: dict[str, float]

    def __post_init__(self) -> None:
        for trait, own in self.traits.items():
            if tuple(own) != ARCHETYPES:
                raise ValueError(f"trait {trait} needs a range for each archetype, in their order")


class County(msgspec.Struct, frozen=True):
    """One draw: `of["outage"]` is a number, `trait["staff"]` one number per archetype."""

    of: dict[str, float]
    trait: dict[str, np.ndarray]


def world_names() -> tuple[str, ...]:
    folder = resources.files(__package__) / "worlds"
    return tuple(sorted(one.name.removesuffix(".toml") for one in folder.iterdir()))


def load_world(name: str = "standard") -> World:
    """The world called `name`; Refused when there is none."""
    known = world_names()
    if name not in known:
        raise Refused(
            "simulate-world",
            "There is no simulated world “{name}”; there are: {known}.",
            name=name,
            known=", ".join(known),
        )
    document = resources.files(__package__) / "worlds" / f"{name}.toml"
    return _read(tomllib.loads(document.read_text("utf-8")))


def _read(document: dict[str, object]) -> World:
    """Ranges stand as [low, high, mark, about] in the document, which reads as a table."""

    def ranges(rows: Mapping[str, list[object]]) -> dict[str, dict[str, object]]:
        fields = ("low", "high", "mark", "about")
        return {name: dict(zip(fields, row, strict=False)) for name, row in rows.items()}

    county: dict[str, list[object]] = document["county"]  # type: ignore[assignment]
    traits: dict[str, dict[str, list[object]]] = document["traits"]  # type: ignore[assignment]
    told = {"county": ranges(county), "traits": {one: ranges(own) for one, own in traits.items()}}
    return msgspec.convert({**document, **told}, World)


def widened(world: World, factor: float) -> World:
    """The same world with every range stretched: down by `factor` and up by it, within limits."""

    def stretched(name: str, one: Range) -> Range:
        top = world.limits.get(name, float("inf"))
        high = min(one.high * factor, max(top, one.high))
        return msgspec.structs.replace(one, low=one.low / factor, high=high)

    return World(
        name=f"{world.name} widened",
        about=world.about,
        county={name: stretched(name, one) for name, one in world.county.items()},
        traits={
            trait: {name: stretched(trait, one) for name, one in own.items()}
            for trait, own in world.traits.items()
        },
        limits=world.limits,
    )


def draw(world: World, random: np.random.Generator) -> County:
    """One county of this world."""

    def number(one: Range) -> float:
        return float(random.uniform(one.low, one.high))

    return County(
        of={name: number(one) for name, one in world.county.items()},
        trait={
            trait: np.array([number(own[name]) for name in ARCHETYPES])
            for trait, own in world.traits.items()
        },
    )
