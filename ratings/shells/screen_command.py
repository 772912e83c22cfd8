"""`screen FEEDS_DIR --as-of YYYY-MM --out OUT_DIR`: the contract with whoever evaluates us."""

from pathlib import Path

import click

from ratings.ledger.errors import SteelyardError
from ratings.shells.policy import load_policy
from ratings.shells.results import write_results
from ratings.shells.screen import running
from ratings.signals.directory import DirectoryOnDisk, directory_on_disk


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
        with (
            directory_on_disk(feeds) as directory,
            running(directory, as_of, load_policy(policy), engine) as run,
        ):
            write_results(run, out)
            counts, metadata = run.counts(), run.metadata()
    except SteelyardError as error:
        raise click.ClickException(str(error)) from error
    _tell(directory)
    click.echo(f"policy {metadata['policy']} {metadata['policy_digest'][:12]}, {as_of}")
    for outcome, count in counts.items():
        click.echo(f"{outcome.value}: {count}")


def _tell(directory: DirectoryOnDisk) -> None:
    for file in directory.files.values():
        click.echo(
            f"{file.file}: {file.rows} rows, {file.duplicates} repeated, {file.rejected} set aside"
        )
        for column in file.unknown_columns:
            click.echo(f"{file.file}: column {column} is not in the contract and was ignored")
    for name in directory.unknown_files:
        click.echo(f"{name}: no feed of the contract, ignored")
    aside = directory.aside
    for reason in aside.reasons():
        click.echo(f"set aside of {reason.sentence()}")
    for entry in aside.first:
        click.echo(f"{entry.feed} line {entry.line}: {entry.sentence()}", err=True)
    if aside.count > len(aside.first):
        click.echo(f"… and {aside.count - len(aside.first)} more such lines", err=True)
