"""`steelyard simulate OUT_DIR`: an invented county whose shells are known."""

from pathlib import Path

import click

from ratings.ledger.errors import SteelyardError
from ratings.shells.simulator.county import Plan, write
from ratings.shells.simulator.parameters import load_world, world_names


@click.command("simulate")
@click.argument("out", metavar="OUT_DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option("--firms", type=click.IntRange(min=1, max=10**7), default=60_000, show_default=True)
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True)
@click.option("--world", type=click.Choice(world_names()), default="standard", show_default=True)
@click.option(
    "--months",
    type=click.IntRange(min=13, max=60),
    default=24,
    show_default=True,
    help="Months in the feeds; the truth is that of six months later.",
)
@click.option("--as-of", default="2026-06", show_default=True, metavar="YYYY-MM")
@click.option("--csv", is_flag=True, help="Write the feeds as CSV instead of Parquet.")
def simulate(
    out: Path, firms: int, seed: int, world: str, months: int, as_of: str, csv: bool
) -> None:
    """Write an invented county: OUT_DIR/feeds for `steelyard screen`, OUT_DIR/labels.parquet.

    The same seed writes the same county. Everything in it is invented, its codes too.
    """
    try:
        rows = write(Plan(load_world(world), firms, seed, months, as_of), out, csv)
    except SteelyardError as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"{out} cannot be written: {error}") from error
    for name, count in rows.items():
        click.echo(f"{name}: {count} rows")
