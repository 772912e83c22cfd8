"""A policy: the document that holds every number a score depends on."""

import hashlib
import json
import tomllib
from collections.abc import Iterator
from decimal import Decimal
from enum import StrEnum
from functools import cache
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

import msgspec

from ratings.evaluations.indicators import WEIGHTS, Party
from ratings.ledger.errors import Fault, NotFound, Refused
from ratings.ledger.text import N_

SHIPPED = ("standard", "robust")
"""Those that ship with the bureau, by name."""
MOST = 10_000
"""No number of a policy is larger, and none has more than six decimals."""
MOST_ROUNDS = 100
STRANGE = N_("A number from 0 to 10,000 with six decimals at most.")
REVIEW_FROM = Decimal("0.1")
"""Where a policy does not say otherwise."""
ABOVE_ZERO = N_("It must be above 0.")
AT_LEAST_ONE = N_("It must be at least 1.")


class MissingRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How much must be there, as shares of 1, before a mean over the rest is allowed."""

    least_indicator_share: Decimal
    least_party_share: Decimal


class Window(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which engagements count, and from how many of them an agency is rated.

    By the plain method `rated_from` counts engagements, by the robust one it is the sum of
    their weights after decay and missing parties.
    """

    months: int
    rated_from: Decimal


class LapseMonths(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    minor: int
    general: int
    serious: int


class FeedbackRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Points for what tax and market regulation report, and how long they last."""

    limit: Decimal
    minor: Decimal
    general: Decimal
    serious: Decimal
    bonus: Decimal
    minor_waived: int
    fade_months: int
    bonus_months: int
    lapse_months: LapseMonths


class StarBands(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The lowest score of each band."""

    five: Decimal
    four: Decimal
    three: Decimal
    two: Decimal

    def cuts(self) -> tuple[tuple[int, Decimal], ...]:
        return ((5, self.five), (4, self.four), (3, self.three), (2, self.two))

    def stars(self, score: Decimal) -> int:
        return next((stars for stars, cut in self.cuts() if score >= cut), 1)


class Method(StrEnum):
    """How engagements become a score: a plain mean, or one made fair for small samples."""

    PLAIN = "plain"
    ROBUST = "robust"


class MeansRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Over how long party means are taken, and from how many scores a trade has its own."""

    months: int
    trade_from: int


class LeniencyRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How far a rater's habit is believed: `shrinkage` counts scores, `limit` is in points."""

    shrinkage: dict[Party, Decimal]
    limit: Decimal
    rounds: int
    least_agencies: dict[Party, int]


class PriorRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The weight of the trade's mean in an agency's score, and the variance of one engagement.

    Both start at the stated value until `estimated_from` engagements allow an estimate.
    """

    start: Decimal
    least: Decimal
    most: Decimal
    variance: Decimal
    estimated_from: int


class RobustRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the robust method needs beyond the plain one; points unless the name says months.

    `confidence` is how many standard errors lie between a score and its lower bound; `review_from`
    the probability of being worth less than three stars from which a person looks.
    """

    means: MeansRule
    leniency: LeniencyRule
    owner_clip: Decimal
    half_life_months: Decimal
    prior: PriorRule
    confidence: Decimal
    hysteresis: Decimal
    review_from: Decimal = msgspec.field(default_factory=lambda: REVIEW_FROM)


# What a policy leaves at its default is left out of its digest: a score that was published
# before a section existed keeps its digest.
class Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A versioned rule. `digest` is the SHA-256 of its content in canonical form."""

    name: str
    version: str
    parties: dict[Party, Decimal]
    indicators: dict[Party, dict[str, int]]
    missing: MissingRule
    window: Window
    feedback: FeedbackRule
    stars: StarBands
    method: Method = Method.PLAIN
    robust: RobustRule | None = None
    digest: str = ""

    @property
    def key(self) -> str:
        """By which it is asked for: no two policies of a record have name and version in common."""
        return f"{self.name}-{self.version}"


def parse_policy(text: str, *, origin: str) -> Policy:
    """Read a TOML document; Refused names `origin` and the place that cannot stand.

    Layout, comments, order and trailing zeros do not enter the digest, the numbers do.
    """
    try:
        policy = msgspec.convert(tomllib.loads(text, parse_float=_number), Policy)
    except (ValueError, msgspec.ValidationError) as error:
        raise _invalid(origin, str(error)) from error
    if policy.digest:
        raise _invalid(origin, "the digest is computed, it cannot be stated")
    faults = policy_faults(policy)
    if faults:
        why = "; ".join(f"{one.pointer}: {one.message.rstrip('.')}" for one in faults)
        raise _invalid(origin, why)
    return msgspec.structs.replace(policy, digest=_digest(policy))


def document_of(policy: Policy) -> str:
    """The policy as a TOML document; `parse_policy` reads the same digest back."""
    body = msgspec.to_builtins(policy, builtin_types=(Decimal,))
    body.pop("digest", None)
    return "\n".join(_table(body, ())) + "\n"


def _table(body: dict[str, object], place: tuple[str, ...]) -> Iterator[str]:
    if place:
        yield f"\n[{'.'.join(place)}]"
    for key, value in body.items():
        if isinstance(value, str):
            yield f"{key} = {json.dumps(value)}"
        elif isinstance(value, Decimal | int):
            yield f"{key} = {value:f}" if isinstance(value, Decimal) else f"{key} = {value}"
    for key, value in body.items():
        if isinstance(value, dict):
            yield from _table(value, (*place, key))


def _number(text: str) -> Decimal:
    number = Decimal(text)
    if not number.is_finite():
        raise ValueError(f"{text} is not a number to compute with")
    return number


def _invalid(origin: str, why: str) -> Refused:
    return Refused(
        "policy-invalid", "The policy {origin} cannot be used: {why}.", origin=origin, why=why
    )


def checked(policy: Policy) -> Policy:
    """The policy with its digest; Refused with a fault at every number that cannot stand."""
    faults = policy_faults(policy)
    if faults:
        raise Refused(
            "policy-numbers",
            "Some numbers of the policy cannot stand. Each is told at its field.",
            faults=faults,
        )
    return msgspec.structs.replace(policy, digest=_digest(policy))


def policy_faults(policy: Policy) -> tuple[Fault, ...]:
    """What the types cannot say: shares sum to one, bands descend, nothing unasked is weighed.

    A fault's pointer names the number, or the table whose numbers contradict each other.
    """
    strange = tuple(_strange(msgspec.to_builtins(policy, builtin_types=(Decimal,)), ""))
    if strange:
        # Nothing can be compared with what is no number.
        return strange
    return (*_weights(policy), *_limits(policy), *_of_method(policy))


def _strange(value: object, place: str) -> Iterator[Fault]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _strange(item, f"{place}/{key}")
    elif isinstance(value, Decimal | int):
        number = Decimal(value)
        if not number.is_finite() or not 0 <= number <= MOST or number.as_tuple().exponent < -6:  # type: ignore[operator] # a finite number has a whole exponent
            yield Fault(place, "number-strange", STRANGE)


def _weights(policy: Policy) -> Iterator[Fault]:
    for place, named in (("parties", policy.parties), ("indicators", policy.indicators)):
        if set(named) != set(Party):
            yield Fault(
                f"/{place}", "party-missing", N_("It must name supervisor, owner and centre.")
            )
    for party, share in policy.parties.items():
        if share <= 0:
            yield Fault(f"/parties/{party}", "not-above-zero", ABOVE_ZERO)
    if sum(policy.parties.values()) != 1:
        yield Fault("/parties", "shares-sum", N_("The shares of the parties must sum to 1."))
    for party, weights in policy.indicators.items():
        for code, weight in weights.items():
            if code not in WEIGHTS[party]:
                told = N_("This party is not asked about this indicator.")
                yield Fault(f"/indicators/{party}/{code}", "indicator-unasked", told)
            elif weight < 1:
                yield Fault(f"/indicators/{party}/{code}", "not-positive", AT_LEAST_ONE)
        if sum(weights.values()) != 100:
            told = N_("The weights of a party must sum to 100.")
            yield Fault(f"/indicators/{party}", "weights-sum", told)


def _limits(policy: Policy) -> Iterator[Fault]:
    for name in ("least_indicator_share", "least_party_share"):
        if not 0 < getattr(policy.missing, name) <= 1:
            told = N_("A least share must be above 0 and at most 1.")
            yield Fault(f"/missing/{name}", "share-range", told)
    rule = policy.feedback
    months = {
        "/window/months": policy.window.months,
        "/feedback/fade_months": rule.fade_months,
        "/feedback/bonus_months": rule.bonus_months,
        "/feedback/lapse_months/minor": rule.lapse_months.minor,
        "/feedback/lapse_months/general": rule.lapse_months.general,
        "/feedback/lapse_months/serious": rule.lapse_months.serious,
    }
    yield from (Fault(at, "not-positive", AT_LEAST_ONE) for at, n in months.items() if n < 1)
    cuts = {"five": Decimal(100), "four": policy.stars.five, "three": policy.stars.four}
    cuts["two"] = policy.stars.three
    for name, higher in cuts.items():
        if not 0 < getattr(policy.stars, name) < higher:
            told = N_("The star bands must descend from below 100 to above 0.")
            yield Fault(f"/stars/{name}", "bands-order", told)


def _of_method(policy: Policy) -> Iterator[Fault]:
    """The numbers of the robust method stand there exactly when it is the method."""
    rated_from, rule = policy.window.rated_from, policy.robust
    if (policy.method is Method.ROBUST) != (rule is not None):
        told = N_("The section robust and the method robust belong together.")
        yield Fault("/robust", "method-section", told)
        return
    if rule is None:
        if rated_from < 1 or rated_from != int(rated_from):
            told = N_("By the plain method this is a whole count of at least 1.")
            yield Fault("/window/rated_from", "not-a-count", told)
        return
    leniency, prior = rule.leniency, rule.prior
    counts: dict[str, int] = {
        "means/months": rule.means.months,
        "means/trade_from": rule.means.trade_from,
        "leniency/rounds": leniency.rounds,
        "prior/estimated_from": prior.estimated_from,
        **{f"leniency/least_agencies/{party}": n for party, n in leniency.least_agencies.items()},
    }
    for place, count in counts.items():
        if count < 1:
            yield Fault(f"/robust/{place}", "not-positive", AT_LEAST_ONE)
    if leniency.rounds > MOST_ROUNDS:
        told = N_("More than 100 rounds change nothing any more.")
        yield Fault("/robust/leniency/rounds", "rounds-many", told)
    positive: dict[str, Decimal] = {
        "window/rated_from": rated_from,
        "robust/owner_clip": rule.owner_clip,
        "robust/half_life_months": rule.half_life_months,
        "robust/prior/least": prior.least,
        "robust/prior/variance": prior.variance,
        **{f"robust/leniency/shrinkage/{party}": k for party, k in leniency.shrinkage.items()},
    }
    for place, number in positive.items():
        if number <= 0:
            yield Fault(f"/{place}", "not-above-zero", ABOVE_ZERO)
    for name, known in (
        ("shrinkage", leniency.shrinkage),
        ("least_agencies", leniency.least_agencies),
    ):
        if set(known) != set(Party):
            told = N_("It must name supervisor, owner and centre.")
            yield Fault(f"/robust/leniency/{name}", "party-missing", told)
    if not 0 < rule.review_from <= 1:
        told = N_("A probability must be above 0 and at most 1.")
        yield Fault("/robust/review_from", "probability-range", told)
    if not prior.least <= prior.start <= prior.most:
        told = N_("It must lie between the least and the most weight.")
        yield Fault("/robust/prior/start", "prior-order", told)
    cuts = [cut for _, cut in policy.stars.cuts()]
    if min(higher - lower for higher, lower in pairwise(cuts)) <= rule.hysteresis:
        told = N_("It must be narrower than every band.")
        yield Fault("/robust/hysteresis", "hysteresis-wide", told)


def _digest(policy: Policy) -> str:
    body = msgspec.to_builtins(policy, builtin_types=(Decimal,))
    # Older than this number are scores whose policy keeps its digest.
    if policy.robust is not None and policy.robust.review_from == REVIEW_FROM:
        del body["robust"]["review_from"]
    return hashlib.sha256(msgspec.json.encode(_canonical(body), order="sorted")).hexdigest()


def _canonical(value: object) -> object:
    """Numbers as the shortest plain decimal text, so that 0.5 and 0.50 are the same policy."""
    if isinstance(value, dict):
        return {key: _canonical(item) for key, item in value.items()}
    if isinstance(value, Decimal | int):
        return format(Decimal(value).normalize(), "f")
    return value


@cache
def load_policy(name: str) -> Policy:
    """A policy that ships with the bureau, by its name."""
    document = files("ratings.stars") / "policies" / f"{name}.toml"
    if not name.isidentifier() or not document.is_file():
        raise NotFound(
            "policy-unavailable",
            "The policy “{name}” is not available in this version.",
            name=name,
        )
    return parse_policy(document.read_text("utf-8"), origin=name)


def read_policy(path: Path) -> Policy:
    """A policy from a file of one's own."""
    return parse_policy(path.read_text("utf-8"), origin=str(path))
