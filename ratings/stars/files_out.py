"""The bureau on files: what `grade` publishes, and the record of an agency in the form it reads."""

import csv
import io
from collections.abc import Iterable

from ratings.evaluations.indicators import INDICATORS, OVERALL
from ratings.stars.engagement_score import RatedEngagement
from ratings.stars.estimates_file import STARS_BEFORE_COLUMNS
from ratings.stars.feedback import OutsideEvent
from ratings.stars.files import EVALUATION_COLUMNS, EVENT_COLUMNS, WEIGHT_COLUMN, Source
from ratings.stars.standing import Standing, State

_ORDER = tuple(indicator.code for indicator in INDICATORS)
SCORE_COLUMNS = ("uscc", "score", "stars", "state", "engagements", "lower_bound")
WATERFALL_COLUMNS = ("uscc", "step", "reference", "points")


def scores_csv(standings: Iterable[Standing]) -> str:
    """One row an agency; `lower_bound` is empty under a policy that computes none."""
    return _csv(
        SCORE_COLUMNS,
        (
            (
                standing.uscc,
                "" if standing.score is None else str(standing.score),
                "" if standing.stars is None else str(standing.stars),
                standing.state.value,
                str(standing.engagements),
                "" if standing.lower_bound is None else str(standing.lower_bound),
            )
            for standing in standings
        ),
    )


def waterfall_csv(standings: Iterable[Standing]) -> str:
    """The steps of every agency that has a score; the points of each sum to it exactly."""
    return _csv(
        WATERFALL_COLUMNS,
        (
            (standing.uscc, step.code.value, step.reference, str(step.points))
            for standing in standings
            if standing.state is not State.UNRATED
            for step in standing.waterfall
        ),
    )


def evaluations_csv(engagements: Iterable[RatedEngagement]) -> str:
    """One row for each indicator a party scored, in the order of the table of indicators. `rater`
    is as the engagements have it: for the public without names. `weight` is empty where no order
    lowers it."""
    return _csv(
        (*EVALUATION_COLUMNS, WEIGHT_COLUMN),
        (
            (
                one.engagement,
                one.uscc,
                one.trade,
                one.settled_on.isoformat(),
                party.value,
                one.raters.get(party, ""),
                indicator,
                str(answer[indicator]),
                str(one.weights.get(party, "")),
            )
            for one in engagements
            for party, answer in sorted(one.parties.items())
            for indicator in (*_ORDER, OVERALL)
            if indicator in answer
        ),
    )


def events_csv(events: Iterable[OutsideEvent]) -> str:
    """One row an event."""
    return _csv(
        EVENT_COLUMNS,
        (
            (
                one.uscc,
                one.on.isoformat(),
                _source(one.source).value,
                one.document,
                one.severity.value,
                "" if one.repaired_on is None else one.repaired_on.isoformat(),
                one.cap.value,
            )
            for one in events
        ),
    )


def stars_before_csv(uscc: str, held: int | None) -> str:
    """The stars an agency held, which decide whether a band is kept; no row if none."""
    return _csv(STARS_BEFORE_COLUMNS, () if held is None else ((uscc, str(held)),))


def _source(name: str) -> Source:
    """The market keeps an authority's own name, the file contract its kind. No score asks it."""
    return Source.TAX if "税" in name or "tax" in name.lower() else Source.MARKET_REGULATION


def _csv(columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue()
