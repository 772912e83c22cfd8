"""What is read of a firm, put into the bins of a policy: all that its score is made of.

Evidence says nothing of weights. What half of a county shows, and how those look who are tied to
a firm, is known only once all firms are binned; scorecard.py weighs the bins after that.
"""

import ibis
import ibis.expr.types as ir

from ratings.shells.policy import WATCHED_TIES, Feature, Policy
from ratings.signals.cells import Extend, extended


def with_evidence(readings: ir.Table, policy: Policy, extend: Extend = extended) -> ir.Table:
    """The table of `with_readings` with counted_ and bin_ of every feature, null where it was not
    read. What is counted is the value in the best case, the one that has the bin; where it could
    be anything, nothing is counted. What speaks for a firm must be known: there the value of the
    months that are is counted, and nothing where it does not speak for it too. Of a contradiction
    there is months_, null unless it holds.

    The ties are left to `with_ties`.
    """
    readings = extend(readings, _contradictions(readings, policy))
    own = [one for one in policy.features if not one.both and one.name != WATCHED_TIES]
    counted: dict[str, ir.Value] = {}
    for feature in own:
        read = readings[f"value_{feature.name}"].notnull()
        certain = _counted(readings, feature)
        counted[f"counted_{feature.name}"] = read.ifelse(certain, ibis.null("float64"))
    readings = extend(readings, counted)
    return extend(readings, {f"bin_{one.name}": _placed(readings, one) for one in own})


def _counted(readings: ir.Table, feature: Feature) -> ir.NumericValue:
    value, certain = readings[f"value_{feature.name}"], readings[f"certain_{feature.name}"]
    edge = feature.favourable
    if edge is None:
        return certain

    def speaks_for(number: ir.NumericValue) -> ir.BooleanValue:
        return ((number < edge) if feature.shape == "rising" else (number >= edge)).fill_null(False)

    known = speaks_for(value).ifelse(value, ibis.null("float64"))
    return speaks_for(certain).ifelse(known, certain)


def with_ties(evidence: ir.Table, policy: Policy, extend: Extend = extended) -> ir.Table:
    """`evidence` with the column `watched_ties`, read where the cluster of the firm was."""
    feature = next((one for one in policy.features if one.name == WATCHED_TIES), None)
    if feature is None:
        return evidence
    tied = evidence[WATCHED_TIES].fill_null(0).cast("float64")
    read = evidence["counted_cluster"].notnull()
    columns = {
        f"counted_{WATCHED_TIES}": read.ifelse(tied, ibis.null("float64")),
        f"months_{WATCHED_TIES}": evidence["months_cluster"],
    }
    evidence = extend(evidence, columns)
    return extend(evidence, {f"bin_{WATCHED_TIES}": _placed(evidence, feature)})


def _placed(table: ir.Table, feature: Feature) -> ir.IntegerValue:
    value = table[f"counted_{feature.name}"]
    return value.notnull().ifelse(_bin(value, feature), ibis.null("int64")).cast("int64")


def _contradictions(readings: ir.Table, policy: Policy) -> dict[str, ir.Value]:
    """The months of features that say that two others hold together; null where they do not."""
    shapes = {feature.name: feature.shape for feature in policy.features}
    found: dict[str, ir.Value] = {}
    for feature in policy.features:
        if not feature.both:
            continue
        holds = ibis.literal(True)
        months = ibis.literal(0, "int64")
        for part in feature.both:
            certain = readings[f"certain_{part.feature}"]
            beyond = certain < part.at if shapes[part.feature] == "falling" else certain >= part.at
            holds = holds & readings[f"value_{part.feature}"].notnull() & beyond.fill_null(False)
            months = months | readings[f"months_{part.feature}"].fill_null(0)
        found[f"months_{feature.name}"] = holds.ifelse(months, ibis.null("int64"))
    return found


def _bin(value: ir.NumericValue, feature: Feature) -> ir.IntegerValue:
    """The bin that holds `value`, found by halving: five comparisons for 28 bins."""

    def between(first: int, last: int) -> ir.IntegerValue:
        if first == last:
            return ibis.literal(first, "int64")
        middle = (first + last) // 2
        return (value < feature.edges[middle]).ifelse(
            between(first, middle), between(middle + 1, last)
        )

    return between(0, len(feature.edges))
