"""The bureau on files: what `grade` publishes."""

import csv
import io
from collections.abc import Iterable

from ratings.stars.standing import Standing, State

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
                "",
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


def _csv(columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue()
