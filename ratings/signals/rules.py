"""How a batch comes in, what may become of it, and how long cells are kept."""

from enum import StrEnum

import msgspec

from ratings.ledger.errors import Refused
from ratings.signals.contract import FEEDS

LONGEST_REASON = 500


class Way(StrEnum):
    """How a batch came: a file, an office's program, our own question to an office, a row that a
    person mended, or this system's own figures."""

    FILE = "file"
    PUSH = "push"
    CONNECTOR = "connector"
    CORRECTION = "correction"
    PLATFORM = "platform"


class BatchState(StrEnum):
    """Only what is accepted is read by the screen; `held` waits for a person."""

    ACCEPTED = "accepted"
    HELD = "held"
    REJECTED = "rejected"


class RowState(StrEnum):
    """What became of a row that could not be read."""

    OPEN = "open"
    RESOLVED = "resolved"
    DISMISSED = "dismissed"


# A proposal of this project, not a published rule: the window of 24 months, and a year for cases
# and objections that look back on it.
USUAL_RETENTION = 36
# Excuses are the centre's own records and the manifest has no cells: neither is erased by age.
KEPT_FEEDS = ("excuses", "manifest")
SHORTEST_RETENTION = 24


class Retention(msgspec.Struct, frozen=True):
    """For how many months the cells of each feed are kept."""

    months: dict[str, int]

    def of(self, feed: str) -> int | None:
        """None where the feed is not erased by age."""
        return None if feed in KEPT_FEEDS else self.months.get(feed, USUAL_RETENTION)

    def oldest(self, feed: str, this_month: str) -> str | None:
        """The oldest month (YYYY-MM) still kept in `this_month`."""
        months = self.of(feed)
        if months is None:
            return None
        number = int(this_month[:4]) * 12 + int(this_month[5:]) - 1 - months
        return f"{number // 12:04d}-{number % 12 + 1:02d}"


def parse_retention(text: str) -> Retention:
    """“tax_filing=60,utilities=24”: months for some feeds, the usual ones for all others."""
    months: dict[str, int] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        feed, _, number = (piece.strip() for piece in part.partition("="))
        if (
            feed not in FEEDS
            or feed in KEPT_FEEDS
            or not number.isdecimal()
            or int(number) < SHORTEST_RETENTION
        ):
            raise Refused(
                "feed-retention",
                "“{part}” says for no feed how many months its cells are kept. Write"
                " tax_filing=60 or the like, with at least {least} months.",
                part=part,
                least=SHORTEST_RETENTION,
            )
        months[feed] = int(number)
    return Retention(months)


def stated(reason: str) -> str:
    """The reason without surrounding blanks; Refused when there is none or it is too long."""
    said = reason.strip()
    if not said or len(said) > LONGEST_REASON:
        raise Refused(
            "feed-reason",
            "Say why, in 1 to {most} characters.",
            most=LONGEST_REASON,
        )
    return said


def no_rows(file: str) -> Refused:
    """The one rule for a table without rows, whatever its format: it says nothing, for nobody can
    tell from it whether an office has none or its program has failed."""
    return Refused(
        "feed-no-rows",
        "{file} has no rows, and that says nothing. Leave it out; where the office was asked and"
        " has none, the manifest of the same delivery says so, with rows 0 and ok true.",
        file=file,
    )
