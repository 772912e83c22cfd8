"""`steelyard grade`: recompute published scores from files alone, without a server."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import TypeVar

import click

from ratings.ledger.errors import SteelyardError
from ratings.ledger.uscc import Uscc
from ratings.stars.engagement_score import RatedEngagement
from ratings.stars.estimates_file import read_estimates, read_stars_before
from ratings.stars.feedback import OutsideEvent
from ratings.stars.files import (
    Evaluations,
    Events,
    parse_day,
    read_evaluations,
    read_events,
)
from ratings.stars.files_out import scores_csv, waterfall_csv
from ratings.stars.policy import Method, Policy, load_policy, read_policy
from ratings.stars.reference import Reference, estimate
from ratings.stars.robust import robust_standing
from ratings.stars.rows import BadRow
from ratings.stars.standing import Standing, standing

INPUT = click.Path(exists=True, dir_okay=False, path_type=Path)
_Content = TypeVar("_Content")


def _day(_context: click.Context, _option: click.Parameter, value: str) -> date:
    try:
        return parse_day(value)
    except ValueError as error:
        raise click.BadParameter(f"“{value}” is not a day written YYYY-MM-DD.") from error


@click.command()
@click.argument("evaluations", type=INPUT)
@click.option(
    "--as-of",
    callback=_day,
    metavar="YYYY-MM-DD",
    required=True,
    help="The day whose scores are computed.",
)
@click.option("--events", type=INPUT, help="What tax and market regulation reported.")
@click.option(
    "--policy",
    "policy_name",
    default="standard",
    show_default=True,
    metavar="NAME|FILE",
    help="A policy that ships with the bureau, or a TOML file of one's own.",
)
@click.option(
    "--estimates",
    "estimates_path",
    type=INPUT,
    help="What a robust policy estimated for the quarter; estimated from EVALUATIONS otherwise.",
)
@click.option(
    "--stars-before",
    "stars_path",
    type=INPUT,
    help="The stars agencies held before, whose bands a robust policy leaves with reluctance.",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="Where scores.csv and waterfall.csv are written.",
)
@click.option(
    "--continue",
    "go_on",
    is_flag=True,
    help="Leave out rows that break the contract, and list them, instead of stopping.",
)
def grade(
    evaluations: Path,
    as_of: date,
    events: Path | None,
    policy_name: str,
    estimates_path: Path | None,
    stars_path: Path | None,
    out: Path,
    go_on: bool,
) -> None:
    """Score every agency of EVALUATIONS (CSV) as of a day, and show how each score came about."""
    policy = policy_named(policy_name)
    answers = _read(evaluations, lambda data: read_evaluations(data, policy))
    reported = Events((), ()) if events is None else _read(events, read_events)
    _report(evaluations, answers.refused)
    if events is not None:
        _report(events, reported.refused)
    held, unread = ({}, ()) if stars_path is None else _read(stars_path, read_stars_before)
    if stars_path is not None:
        _report(stars_path, unread)
    refused = len(answers.refused) + len(reported.refused) + len(unread)
    if refused and not go_on:
        raise click.ClickException(
            f"{refused} of the rows break the contract, so nothing was written."
            " Correct them, or leave them out with --continue."
        )
    frozen = None
    if estimates_path is not None:
        frozen = _read(estimates_path, lambda data: read_estimates(data, policy, as_of))
    standings = _standings(answers, reported, as_of, policy, frozen, held)
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / "scores.csv").write_text(scores_csv(standings), "utf-8")
        (out / "waterfall.csv").write_text(waterfall_csv(standings), "utf-8")
    except OSError as error:
        raise click.ClickException(f"{out} cannot be written: {error}") from error
    click.echo(
        f"{len(standings)} agencies as of {as_of} by the policy {policy.name}"
        f" {policy.version} ({policy.digest[:12]}); {refused} rows left out."
    )


def policy_named(name: str) -> Policy:
    """A plain word is a policy that ships; anything with a dot or a slash is a file."""
    try:
        return load_policy(name) if name.isidentifier() else read_policy(Path(name))
    except SteelyardError as error:
        raise click.ClickException(str(error)) from error
    except (OSError, UnicodeDecodeError) as error:
        raise click.ClickException(f"The policy {name} cannot be read: {error}") from error


def _read(path: Path, reader: Callable[[bytes], _Content]) -> _Content:
    try:
        return reader(path.read_bytes())
    except SteelyardError as error:
        raise click.ClickException(f"{path}: {error}") from error
    except OSError as error:
        raise click.ClickException(f"{path} cannot be read: {error}") from error


def _report(path: Path, refused: tuple[BadRow, ...]) -> None:
    for row in refused:
        click.echo(f"{path}, line {row.line}: {row.reason}", err=True)


def _standings(
    answers: Evaluations,
    reported: Events,
    as_of: date,
    policy: Policy,
    frozen: Reference | None,
    held: Mapping[Uscc, int],
) -> list[Standing]:
    """One standing for each agency of the evaluations, in the order of their codes.

    Without frozen estimates the robust method makes its own from these evaluations alone.
    """
    engagements: defaultdict[str, list[RatedEngagement]] = defaultdict(list)
    for engagement in answers.engagements:
        engagements[engagement.uscc].append(engagement)
    events: defaultdict[str, list[OutsideEvent]] = defaultdict(list)
    for event in reported.events:
        events[event.uscc].append(event)
    if policy.method is Method.ROBUST:
        usual = estimate(answers.engagements, as_of, policy) if frozen is None else frozen
        return [
            robust_standing(
                uscc, engagements[uscc], events[uscc], as_of, policy, usual, held.get(uscc)
            )
            for uscc in answers.agencies
        ]
    return [
        standing(uscc, engagements[uscc], events[uscc], as_of, policy) for uscc in answers.agencies
    ]
