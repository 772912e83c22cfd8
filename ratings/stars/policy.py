"""A policy: the document that holds every number a score depends on."""

import hashlib
import tomllib
from decimal import Decimal
from functools import cache
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

import msgspec

from ratings.evaluations.indicators import WEIGHTS, Party
from ratings.ledger.errors import NotFound, Refused


class Missing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How much must be there, as shares of 1, before a mean over the rest is allowed."""

    least_indicator_share: Decimal
    least_party_share: Decimal


class Window(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which engagements count, and from how many of them an agency is rated."""

    months: int
    rated_from: int


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


class Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A versioned rule. `digest` is the SHA-256 of its content in canonical form."""

    name: str
    version: str
    parties: dict[Party, Decimal]
    indicators: dict[Party, dict[str, int]]
    missing: Missing
    window: Window
    feedback: FeedbackRule
    stars: StarBands
    digest: str = ""


def parse_policy(text: str, *, origin: str) -> Policy:
    """Read a TOML document; Refused names `origin` and the place that cannot stand.

    Layout, comments, order and trailing zeros do not enter the digest, the numbers do.
    """
    try:
        policy = msgspec.convert(tomllib.loads(text, parse_float=_number), Policy)
    except (ValueError, msgspec.ValidationError) as error:
        raise _invalid(origin, str(error)) from error
    _check(policy, origin)
    return msgspec.structs.replace(policy, digest=_digest(policy))


def _number(text: str) -> Decimal:
    number = Decimal(text)
    if not number.is_finite():
        raise ValueError(f"{text} is not a number to compute with")
    return number


def _invalid(origin: str, why: str) -> Refused:
    return Refused(
        "policy-invalid", "The policy {origin} cannot be used: {why}.", origin=origin, why=why
    )


def _check(policy: Policy, origin: str) -> None:
    """What the types cannot say: shares sum to one, bands descend, nothing unasked is weighed."""
    if policy.digest:
        raise _invalid(origin, "the digest is computed, it cannot be stated")
    if set(policy.parties) != set(Party) or set(policy.indicators) != set(Party):
        raise _invalid(origin, "it must weigh supervisor, owner and centre")
    if sum(policy.parties.values()) != 1 or min(policy.parties.values()) <= 0:
        raise _invalid(origin, "the shares of the parties must be positive and sum to 1")
    for party, weights in policy.indicators.items():
        if not weights or min(weights.values()) <= 0 or sum(weights.values()) != 100:
            raise _invalid(origin, f"the weights of {party} must be positive and sum to 100")
        unasked = sorted(set(weights) - set(WEIGHTS[party]))
        if unasked:
            raise _invalid(origin, f"{party} is not asked about {', '.join(unasked)}")
    shares = (policy.missing.least_indicator_share, policy.missing.least_party_share)
    if not all(0 < share <= 1 for share in shares):
        raise _invalid(origin, "the least shares must be above 0 and at most 1")
    rule = policy.feedback
    months = (policy.window.months, rule.fade_months, rule.bonus_months)
    if min(*months, *msgspec.structs.astuple(rule.lapse_months), policy.window.rated_from) < 1:
        raise _invalid(origin, "months and counts must be at least 1")
    amounts = (rule.limit, rule.minor, rule.general, rule.serious, rule.bonus, rule.minor_waived)
    if any(amount < 0 for amount in amounts):
        raise _invalid(origin, "points cannot be negative; a deduction is stated as a plain number")
    cuts = [Decimal(100), *(cut for _, cut in policy.stars.cuts()), Decimal(0)]
    if any(higher <= lower for higher, lower in pairwise(cuts)):
        raise _invalid(origin, "the star bands must descend from below 100 to above 0")


def _digest(policy: Policy) -> str:
    body = msgspec.to_builtins(policy, builtin_types=(Decimal,))
    del body["digest"]
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
