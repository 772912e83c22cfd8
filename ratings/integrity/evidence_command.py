"""`steelyard rating-evidence`: what a policy makes of invented counties and attacks on them."""

from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import click

from ratings.integrity.evidence import evidence_of
from ratings.integrity.report import report
from ratings.integrity.world import Shape
from ratings.ledger.clock import local_date, now
from ratings.stars.grade_command import policy_named


@click.command("rating-evidence")
@click.option(
    "--policy",
    "names",
    multiple=True,
    default=("standard", "robust"),
    show_default=True,
    metavar="NAME|FILE",
    help="A policy that ships with the bureau, or a TOML file of one's own; may be repeated.",
)
@click.option(
    "--seeds",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    help="How many counties are made up. About ten seconds of a core each.",
)
@click.option(
    "--agencies",
    type=click.IntRange(min=10),
    default=Shape().agencies,
    show_default=True,
    help="How many agencies a county has.",
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where the report is written as well (Markdown).",
)
def rating_evidence(names: tuple[str, ...], seeds: int, agencies: int, out: Path | None) -> None:
    """Grade invented counties whose truth is known, and attacks on them, by each policy."""
    policies = [policy_named(name) for name in names]
    if len({policy.name for policy in policies}) < len(policies):
        raise click.ClickException("Two of the policies have the same name; give one another.")
    numbers = range(1, seeds + 1)
    shape = Shape(agencies=agencies)
    one = partial(evidence_of, policies=policies, shape=shape)
    # A fresh interpreter for each process: a copy of this one would share its locks.
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        found = dict(zip(numbers, pool.map(one, numbers), strict=True))
    text = report(found, policies, shape, local_date(now()))
    click.echo(text, nl=False)
    if out is not None:
        try:
            out.write_text(text, "utf-8")
        except OSError as error:
            raise click.ClickException(f"{out} cannot be written: {error}") from error
