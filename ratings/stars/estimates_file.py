"""The frozen estimates of a quarter as a file: what `grade` needs to recompute a robust score.

No rater is named in it. The habit of each stands under a pseudonym of that one file, which the
published record of an agency carries for the same quarter; what that reveals is told in
docs/rating.md.
"""

from datetime import date
from decimal import Decimal

import msgspec

from ratings.evaluations.indicators import Party
from ratings.ledger.errors import Malformed, Refused, SteelyardError
from ratings.ledger.uscc import Uscc, parse_uscc
from ratings.stars.policy import Policy
from ratings.stars.reference import Reference, quarter_of, reference_digest
from ratings.stars.rows import BadRow, BrokenRow, read_rows

STARS_BEFORE_COLUMNS = ("uscc", "stars")


class PublishedEstimates(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The estimates of a policy for the quarter that begins on `quarter`.

    `digest` is the SHA-256 of `estimates` in canonical form: keys sorted, no blanks, numbers as
    texts with their twelve decimals.
    """

    policy: str
    policy_digest: str
    quarter: date
    digest: str
    estimates: Reference


def published_estimates(policy: Policy, quarter: date, estimates: Reference) -> PublishedEstimates:
    """With their digest; `estimates` name raters by pseudonyms already."""
    digest = reference_digest(estimates)
    return PublishedEstimates(policy.key, policy.digest, quarter, digest, estimates)


def estimates_json(published: PublishedEstimates) -> bytes:
    """The file as anybody may download it."""
    return msgspec.json.format(msgspec.json.encode(published, order="sorted"), indent=2)


def read_estimates(data: bytes, policy: Policy, as_of: date) -> Reference:
    """The estimates of a file; Malformed when it is none or was changed.

    Refused when they belong to another policy or to another quarter than that of the day.
    """
    try:
        found = msgspec.json.decode(data, type=PublishedEstimates)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Malformed(
            "estimates-file", "This is no file of estimates: {why}.", why=str(error)
        ) from error
    if reference_digest(found.estimates) != found.digest:
        raise Malformed(
            "estimates-changed",
            "The estimates do not have the digest {digest} that the file states: they were changed."
            " Download them again.",
            digest=found.digest,
        )
    if found.policy_digest != policy.digest:
        raise Refused(
            "estimates-policy",
            "These estimates belong to the policy {theirs} ({theirs_digest}), not to {policy}"
            " ({digest}). Name the policy they were made for.",
            theirs=found.policy,
            theirs_digest=found.policy_digest[:12],
            policy=policy.key,
            digest=policy.digest[:12],
        )
    if found.quarter != quarter_of(as_of):
        raise Refused(
            "estimates-quarter",
            "These estimates are those of the quarter from {quarter}; {day} needs those of the"
            " quarter from {needed}.",
            quarter=found.quarter,
            day=as_of,
            needed=quarter_of(as_of),
        )
    return found.estimates


def read_stars_before(data: bytes) -> tuple[dict[Uscc, int], tuple[BadRow, ...]]:
    """The stars agencies held before the day, and the rows refused; Malformed for no such table."""
    held: dict[Uscc, int] = {}

    def take(row: dict[str, str]) -> None:
        try:
            uscc = parse_uscc(row["uscc"])
        except SteelyardError as error:
            raise BrokenRow(str(error)) from error
        if row["stars"] not in {"1", "2", "3", "4", "5"}:
            raise BrokenRow(f"stars is a number from 1 to 5, not “{row['stars']}”")
        if uscc in held:
            raise BrokenRow(f"the stars of {uscc} are already in the file")
        held[uscc] = int(row["stars"])

    refused = read_rows(data, STARS_BEFORE_COLUMNS, take)
    return held, refused


def renamed(reference: Reference, names: dict[tuple[Party, str], str]) -> Reference:
    """The same estimates with other names for the raters, each of which has one."""
    leniency: dict[Party, dict[str, Decimal]] = {
        party: {names[party, rater]: points for rater, points in known.items()}
        for party, known in reference.leniency.items()
    }
    return msgspec.structs.replace(reference, leniency=leniency)
