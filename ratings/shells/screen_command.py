"""`screen FEEDS_DIR --as-of YYYY-MM --out OUT_DIR`: the contract with whoever evaluates us."""

from pathlib import Path

import click

from ratings.ledger.errors import SteelyardError
from ratings.shells.policy import load_policy
from ratings.shells.results import write_results
from ratings.shells.screen import Screening, screen_directory

SHOWN = 20


@click.command("screen")
@click.argument("feeds", metavar="FEEDS_DIR", type=click.Path(path_type=Path))
@click.option("--as-of", required=True, metavar="YYYY-MM", help="The newest month looked at.")
@click.option("--out", required=True, metavar="OUT_DIR", type=click.Path(path_type=Path))
@click.option("--engine", default="duckdb", show_default=True)
@click.option("--policy", default="standard", show_default=True, metavar="NAME")
def screen(feeds: Path, as_of: str, out: Path, engine: str, policy: str) -> None:
    """Look for shell agencies in a directory of feed files.

    Writes scores.parquet and reasons.parquet to OUT_DIR and prints the counts per outcome.
    """
    try:
        screening = screen_directory(feeds, as_of, load_policy(policy), engine)
        write_results(screening, out)
    except SteelyardError as error:
        raise click.ClickException(str(error)) from error
    _report(screening)


def _report(screening: Screening) -> None:
    for batch in screening.batches:
        used = "" if batch.feed not in screening.unused else "; not used by this policy version"
        click.echo(
            f"{batch.file}: {batch.rows} rows, {batch.duplicates} repeated,"
            f" {batch.rejected} set aside{used}"
        )
        for column in batch.unknown_columns:
            click.echo(f"{batch.file}: column {column} is not in the contract and was ignored")
    for file in screening.unknown_files:
        click.echo(f"{file}: no feed of the contract, ignored")
    for entry in screening.unmatched[:SHOWN]:
        click.echo(f"{entry.feed} line {entry.line}: {entry.sentence()}", err=True)
    if len(screening.unmatched) > SHOWN:
        click.echo(f"… and {len(screening.unmatched) - SHOWN} more rows set aside", err=True)
    policy = screening.policy
    click.echo(f"policy {policy.name} {policy.version} {policy.digest[:12]}, {screening.as_of}")
    for outcome, count in screening.counts.items():
        click.echo(f"{outcome.value}: {count}")
