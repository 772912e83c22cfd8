"""The versioned policy document of the screen: weights, bins, caps and thresholds."""

import datetime as dt
import hashlib
import itertools
import tomllib
from functools import cached_property
from importlib import resources
from typing import Literal

import msgspec

from ratings.ledger.errors import Refused
from ratings.shells.facts import SHORT

# The feature that is read from the scores of other firms.
WATCHED_TIES = "watched_ties"

Unit = Literal[
    "months", "share", "persons", "years", "flag", "firms", "ratio", "times", "grade", "10k yuan"
]


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One half of a contradiction: `feature` at or beyond `at`, on the side that weighs."""

    feature: str
    at: float


class Feature(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"of": "class"}):
    """One feature: `weights[i]` is the evidence of a value below `edges[i]`, the last of the rest.

    Evidence is in log-odds. `shape` is how it moves with the value: it rises, it falls, or, where
    both too little and too much is odd, it falls first and rises then. The bins at the better end
    of a rising or falling feature may weigh below zero: what they say speaks for the firm.
    """

    name: str
    of: str
    unit: Unit
    rule: str
    basis: str
    edges: tuple[float, ...]
    weights: tuple[float, ...]
    sentence: str
    sentence_zh: str
    shape: Literal["rising", "falling", "valley"] = "rising"
    # A contradiction is no formula of its own: 1 where both parts hold in the best case, else 0.
    both: tuple[Part, ...] = ()

    def __post_init__(self) -> None:
        if len(self.weights) != len(self.edges) + 1:
            raise ValueError(f"{self.name} needs one weight more than it has edges")
        if list(self.edges) != sorted(set(self.edges)):
            raise ValueError(f"the edges of {self.name} must rise")
        if min(self.weights) < 0 and (self.shape == "valley" or self.both):
            raise ValueError(f"{self.name} has no better end that could speak for a firm")
        if max(self.weights) < 0:
            raise ValueError(f"whatever the value of {self.name}, it would speak for the firm")
        if self.both and self.weights[0]:
            raise ValueError(f"{self.name} weighs where it does not hold")
        steps = [after - before for before, after in itertools.pairwise(self.weights)]
        turn = self.turn
        if max(steps[:turn], default=0) > 0 or min(steps[turn:], default=0) < 0:
            raise ValueError(f"the weights of {self.name} are not {self.shape}")

    @property
    def turn(self) -> int:
        """The bin from which the weights rise to either side."""
        ends = {"rising": 0, "falling": len(self.edges)}
        return ends[self.shape] if self.shape in ends else self.weights.index(min(self.weights))

    @property
    def greatest(self) -> float:
        """The weight that counts most, for or against."""
        return max(self.weights, key=abs)

    @property
    def favourable(self) -> float | None:
        """The edge beyond which, on the better side, a value speaks for the firm; None where no
        value does."""
        places = sum(weight < 0 for weight in self.weights)
        if not places:
            return None
        return self.edges[places - 1 if self.shape == "rising" else -places]

    def bin_of(self, value: float) -> int:
        """The number of the bin, from 0."""
        return sum(value >= edge for edge in self.edges)

    def bin_text(self, bin_number: int) -> str:
        """The bin as people write it: “< 3”, “6 – < 7”, “≥ 24”."""
        if bin_number == 0:
            return f"< {self.edges[0]:g}"
        if bin_number == len(self.edges):
            return f"≥ {self.edges[-1]:g}"
        return f"{self.edges[bin_number - 1]:g} – < {self.edges[bin_number]:g}"


class ExcuseWeight(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Evidence an excuse takes away, in log-odds, and how the explanation words it."""

    weight: float
    sentence: str
    sentence_zh: str

    def __post_init__(self) -> None:
        if self.weight < 0:
            raise ValueError("an excuse cannot speak against a firm")


class FeedWeight(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"of": "class"}):
    """The class of evidence a feed belongs to, and its share in what could be known of a firm."""

    of: str
    weight: float


class Common(msgspec.Struct, frozen=True):
    """How common a sign is: the `share` of the firms of the county that show as much, the share
    where its weight was made (`usual`), and the `factor` by which the weight was multiplied."""

    share: float
    usual: float
    factor: float


class Prevalence(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """How common each bin was where the weights were made, and how much it matters that it is not
    so in a county (ratings/shells/prevalence.py).

    `shares` holds for each feature and bin the share of firms in it or further out. A weight is
    multiplied by (firms expected / firms found) to the `power`, no more than `most` and no less
    than one over it, with `firms` more of both. `read` holds for each feature that can speak for
    a firm how many firms it was read for, as a share of those of the feature read most.
    """

    power: float
    most: float
    firms: int
    shares: dict[str, tuple[float, ...]]
    read: dict[str, float] = {}

    def __post_init__(self) -> None:
        if not all(0 < one <= 1 for one in self.read.values()):
            raise ValueError("how often something is read lies above 0 and is 1 at the most")
        if not (0 <= self.power <= 1 <= self.most and self.firms > 0):
            raise ValueError("a power lies between 0 and 1, its limit is 1 or more")
        if not all(0 < one <= 1 for own in self.shares.values() for one in own):
            raise ValueError("how common something is lies above 0 and is 1 at the most")


class Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True, dict=True):
    """`base_rate` is the share of shells among firms of which nothing is known."""

    name: str
    version: str
    effective_from: dt.date
    county: str
    base_rate: float
    class_cap: float
    independent_evidence: float
    independent_classes: int
    least_coverage: float
    least_classes: int
    class_months: int
    case_probability: float
    watch_probability: float
    bookkeeper_firms: int
    minimum_wage_fen: int
    feeds: dict[str, FeedWeight]
    excuses: dict[str, ExcuseWeight]
    features: tuple[Feature, ...]
    prevalence: Prevalence | None = None

    def __post_init__(self) -> None:
        if WATCHED_TIES in self.by_name and "cluster" not in self.by_name:
            raise ValueError(f"{WATCHED_TIES} is read where a cluster is, and there is none")
        if any(part.feature == WATCHED_TIES for one in self.features for part in one.both):
            raise ValueError(f"{WATCHED_TIES} is known too late to be half of a contradiction")
        for name, own in (self.prevalence.shares if self.prevalence else {}).items():
            feature = self.by_name.get(name)
            late = name == WATCHED_TIES
            if late or feature is None or feature.both or len(own) != len(feature.weights):
                raise ValueError(f"how common {name} is does not fit the features")
        self._check_favourable()
        if not 0 < self.base_rate < self.watch_probability < self.case_probability < 1:
            raise ValueError("base rate, watch and case must rise between 0 and 1")
        if set(self.feeds) != set(SHORT):
            raise ValueError("the feeds of the policy must be the nine of the contract")

    def _check_favourable(self) -> None:
        """What speaks for firms must be known to be missing where it is (`prevalence.read`): a feed
        that falls silent must not make everybody look worse."""
        speaking = {one.name for one in self.features if one.favourable is not None}
        read = set(self.prevalence.read) if self.prevalence else set()
        if unsaid := sorted(speaking - read):
            raise ValueError(f"{unsaid[0]} speaks for firms; how often is it read?")
        if self.prevalence and not read <= set(self.prevalence.shares):
            raise ValueError("what is read to speak for firms needs its shares")

    def __hash__(self) -> int:
        return hash(self.digest)

    @property
    def key(self) -> str:
        """By which it is asked for: no two policies in force have name and version in common."""
        return f"{self.name}-{self.version}"

    @cached_property
    def classes(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(feature.of for feature in self.features))

    @cached_property
    def by_name(self) -> dict[str, Feature]:
        return {feature.name: feature for feature in self.features}

    @cached_property
    def sources(self) -> dict[str, str]:
        """Class → the one in whose place it counts as independent evidence.

        Who shares an address or a telephone is read from the register too: what the register and
        the ties say together is still the word of one office, and opens no case alone. What is
        made of other features has no source of its own and is not here.
        """
        own = dict.fromkeys(feature.of for feature in self.features if not feature.both)
        return {name: "register" if name == "ties" else name for name in own}

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the content; comments and layout of the file do not change it."""
        return hashlib.sha256(document_of(self).encode()).hexdigest()


def document_of(policy: Policy) -> str:
    """The policy as the JSON text whose SHA-256 is its digest.

    One that says nothing of how common signs are is the text it was before a policy could.
    """
    text = msgspec.json.encode(policy, order="deterministic").decode()
    return text.removesuffix(',"prevalence":null}') + "}" if policy.prevalence is None else text


def policy_names() -> tuple[str, ...]:
    folder = resources.files(__package__) / "policies"
    return tuple(
        sorted(
            entry.name.removesuffix(".toml")
            for entry in folder.iterdir()
            if entry.name.endswith(".toml")
        )
    )


def load_policy(name: str = "standard") -> Policy:
    """The policy document called `name`; Refused when there is none."""
    known = policy_names()
    if name not in known:
        raise Refused(
            "screen-policy",
            "There is no screening policy “{name}”; there are: {known}.",
            name=name,
            known=", ".join(known),
        )
    document = resources.files(__package__) / "policies" / f"{name}.toml"
    return msgspec.convert(tomllib.loads(document.read_text("utf-8")), Policy)
