"""What many firms of a county show says little of any one of them.

The weights of a policy are made where so many firms show this and so many that. In a county where
more do, an honest firm is likelier to, and the same sign is weaker evidence; where fewer do it is
stronger. So the screen counts how many firms show as much as each bin and lets the weight fall or
rise by a root of the ratio, within limits. It needs no labels. It is a proposal of this project:
measured on counties written by others (docs/screen.md).

The factor is one for all firms of the county, part of what the screen keeps, and told with every
row that it changes. A feature that nobody was read for keeps the weights of the policy, and what
speaks for a firm keeps its weight however many it speaks for.

Where the county lacks what would speak for firms, because a feed is out, everybody begins lower by
as much as it says for a firm in the mean where the weights were made. So a feed that falls silent
does not get more honest firms flagged: what it says against firms is gone too.
"""

import itertools
import math
from collections.abc import Mapping, Sequence

import msgspec

from ratings.shells.policy import Common, Feature, Policy, Prevalence
from ratings.shells.scorecard import expit, logit

_LEAST = 1e-6
Counts = Mapping[str, Sequence[int]]
"""Feature → the number of firms in each of its bins, of those it was read for."""


class BinHere(msgspec.Struct, frozen=True):
    """A bin as people write it, what it weighs by the policy (`weight`) and in the county
    (`weight_here`), and the shares of firms in it or further out, where the weight was made and
    here; None where the weight does not depend on them."""

    bin: str
    weight: float
    weight_here: float
    usual: float | None
    share: float | None


class FeatureHere(msgspec.Struct, frozen=True):
    """`firms` is how many firms of the county it was read for; None where nobody counted."""

    feature: str
    firms: int | None
    bins: tuple[BinHere, ...]


class Lowered(msgspec.Struct, frozen=True):
    """By how much everybody begins lower, in log-odds, since the county lacks a feature."""

    feature: str
    by: float


class Beginning(msgspec.Struct, frozen=True):
    """Where every firm begins: by the policy, and in the county with what it lacks."""

    base_rate: float
    base_rate_here: float
    lowered: tuple[Lowered, ...]


def beyond(feature: Feature, counts: Sequence[int]) -> tuple[int, ...]:
    """For each bin how many firms are in it or further out, on its side; all of them where the
    weights begin."""
    turn = feature.turn
    low = itertools.accumulate(counts[: turn + 1])
    high = itertools.accumulate(reversed(counts[turn:]))
    sides = [*low][:-1], [*reversed([*high])][1:]
    return (*sides[0], sum(counts), *sides[1])


def factors(policy: Policy, counts: Counts) -> dict[str, tuple[float, ...]]:
    """What the weight of each bin is multiplied by in such a county, of the features that the
    policy knows the prevalence of."""
    usual = policy.prevalence
    if usual is None:
        return {}
    found = {}
    for name, shares in usual.shares.items():
        whole, there = _there(policy, counts, name)
        # A few firms prove no county to be another: as many more are thought to show it, both
        # here and of those expected.
        ratios = (
            (whole * share + usual.firms) / (one + usual.firms)
            for share, one in zip(shares, there, strict=True)
        )
        found[name] = tuple(
            min(max(ratio**usual.power, 1 / usual.most), usual.most) if weight >= 0 else 1.0
            for ratio, weight in zip(ratios, policy.by_name[name].weights, strict=True)
        )
    return found


def missing(policy: Policy, counts: Counts) -> dict[str, float]:
    """Of each feature that can speak for firms the log-odds by which everybody begins lower, since
    it was read for less than half as many firms as usual: what it says for a firm in the mean, the
    whole of it where it was read for nobody."""
    usual = policy.prevalence
    if usual is None:
        return {}
    here = _read(policy, usual, counts)
    found = {}
    for name, own in usual.read.items():
        gap = max(0.0, 1 - 2 * here[name] / own)
        if gap:
            found[name] = gap * own * _spoken_for(policy.by_name[name], usual.shares[name])
    return found


def local(policy: Policy, counts: Counts) -> Policy:
    """The policy as it weighs in a county where so many firms show this and that: with the
    weights and the prevalence of the county. The same one where it asks for nothing of the kind."""
    usual = policy.prevalence
    if usual is None:
        return policy
    shares = {}
    for name, own in usual.shares.items():
        whole, there = _there(policy, counts, name)
        shares[name] = tuple(max(one / whole, _LEAST) for one in there) if whole else own
    scales = factors(policy, counts)
    features = tuple(
        msgspec.structs.replace(one, weights=_weights(one, scales[one.name]))
        if one.name in scales
        else one
        for one in policy.features
    )
    here = msgspec.structs.replace(usual, shares=shares)
    lower = math.fsum(missing(policy, counts).values())
    base = expit(logit(policy.base_rate) - lower) if lower else policy.base_rate
    return msgspec.structs.replace(policy, base_rate=base, features=features, prevalence=here)


def made_where(policy: Policy, counts: Counts) -> Policy:
    """The policy with the prevalence of the counties whose firms `counts` are, where its weights
    were made. No share is nothing: two firms more are thought to have shown it."""
    usual = policy.prevalence
    if usual is None:
        return policy
    shares = {}
    for name in usual.shares:
        whole, found = _there(policy, counts, name)
        shares[name] = tuple(
            1.0 if one == whole else round((one + 2) / (whole + 4), 6) for one in found
        )
    found_read = _read(policy, usual, counts)
    read = {name: max(round(found_read[name], 4), _LEAST) for name in usual.read}
    made = msgspec.structs.replace(usual, shares=shares, read=read)
    return msgspec.structs.replace(policy, prevalence=made)


def common(policy: Policy, here: Policy, name: str, place: int) -> Common | None:
    """How common the bin is in the county of `here`, and what the weight is multiplied by for it.
    None where that changes nothing, to two places."""
    if policy.prevalence is None or here.prevalence is None or name not in policy.prevalence.shares:
        return None
    weight, own = policy.by_name[name].weights[place], here.by_name[name].weights[place]
    if abs(own - weight) < 0.005 * abs(weight) or not weight:
        return None
    return Common(
        here.prevalence.shares[name][place], policy.prevalence.shares[name][place], own / weight
    )


def weights_here(policy: Policy, counts: Counts) -> tuple[FeatureHere, ...]:
    """Every bin of every feature, as it weighs in a county where so many firms show this and that;
    as the policy has it where nothing was counted."""
    here = local(policy, counts) if counts else policy
    usual = policy.prevalence.shares if policy.prevalence else {}
    shares = here.prevalence.shares if here.prevalence and counts else {}
    found = []
    for old, new in zip(policy.features, here.features, strict=True):
        bins = tuple(
            BinHere(
                bin=old.bin_text(place),
                weight=old.weights[place],
                weight_here=new.weights[place],
                usual=usual[old.name][place] if old.name in usual else None,
                share=shares[old.name][place] if old.name in shares else None,
            )
            for place in range(len(old.weights))
        )
        firms = sum(counts[old.name]) if old.name in counts else None
        found.append(FeatureHere(old.name, firms, bins))
    return tuple(found)


def beginning(policy: Policy, counts: Counts) -> Beginning:
    """As the policy has it where nothing was counted; the largest cause first."""
    if not counts:
        return Beginning(policy.base_rate, policy.base_rate, ())
    lacking = sorted(missing(policy, counts).items(), key=lambda one: (-one[1], one[0]))
    here = local(policy, counts).base_rate
    return Beginning(policy.base_rate, here, tuple(Lowered(*one) for one in lacking))


def _there(policy: Policy, counts: Counts, name: str) -> tuple[int, tuple[int, ...]]:
    """How many firms a feature was read for, and how many of them are in each bin or beyond."""
    feature = policy.by_name[name]
    own = counts.get(name) or [0] * len(feature.weights)
    return sum(own), beyond(feature, own)


def _spoken_for(feature: Feature, shares: Sequence[float]) -> float:
    """What the feature says for a firm that it is read for, in the mean, in log-odds."""
    rising = feature.shape == "rising"
    outward = zip(*(one if rising else one[::-1] for one in (feature.weights, shares)), strict=True)
    steps = [*outward, (0.0, 0.0)]
    return math.fsum(
        -weight * (share - beyond_it)
        for (weight, share), (_, beyond_it) in itertools.pairwise(steps)
        if weight < 0
    )


def _read(policy: Policy, usual: Prevalence, counts: Counts) -> dict[str, float]:
    """How many firms each feature was read for, as a share of those of the one read most."""
    firms = {name: _there(policy, counts, name)[0] for name in usual.shares}
    most = max(firms.values(), default=0)
    return {name: own / most if most else 0.0 for name, own in firms.items()}


def _weights(feature: Feature, scales: Sequence[float]) -> tuple[float, ...]:
    """They keep their shape: a bin further out never weighs less."""
    scaled = [weight * scale for weight, scale in zip(feature.weights, scales, strict=True)]
    turn = feature.turn
    low = [*itertools.accumulate(reversed(scaled[: turn + 1]), max)]
    high = [*itertools.accumulate(scaled[turn:], max)]
    return (*reversed(low[1:]), *high)
