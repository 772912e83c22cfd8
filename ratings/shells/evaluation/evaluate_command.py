"""`steelyard evaluate-screen`: how well the screen finds shells where they are known."""

from pathlib import Path

import click

from ratings.ledger.clock import local_date, now
from ratings.ledger.errors import SteelyardError
from ratings.shells.evaluation.evidence import Figures, figures_of, lead_of, trained
from ratings.shells.evaluation.lead_time import Lead
from ratings.shells.evaluation.page import page
from ratings.shells.evaluation.policy_file import policy_of
from ratings.shells.evaluation.report import report, small_table
from ratings.shells.evaluation.rivals import have_library
from ratings.shells.simulator.county import Plan
from ratings.shells.simulator.parameters import load_world, world_names

# Seeds below are those of the fit.
FIRST_SEED = 101
SMALL_FIRMS, SMALL_SEED = 1500, FIRST_SEED
LEAD_FIRMS = 3000


@click.command("evaluate-screen")
@click.option("--policy", default="standard", show_default=True, metavar="NAME|FILE")
@click.option("--firms", type=click.IntRange(min=1000), default=10_000, show_default=True)
@click.option(
    "--seeds",
    type=click.IntRange(min=1),
    default=5,
    show_default=True,
    help="How many counties are made up of each world.",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="A directory for the report (screen-evidence.md) and the pages (zh.html, en.html).",
)
def evaluate_screen(policy: str, firms: int, seeds: int, out: Path | None) -> None:
    """Screen invented counties whose shells are known, and say how well they were found.

    Prints the report. The isolation forest and the gradient boosting need scikit-learn; without
    it they are left out, and the report says so.
    """
    try:
        own = policy_of(policy)
        yardstick = trained(own, firms) if have_library() else None
        found: dict[str, dict[int, Figures]] = {}
        lead: dict[str, Lead] = {}
        for name in sorted(world_names(), reverse=True):
            world = load_world(name)
            found[name] = {}
            for seed in range(FIRST_SEED, FIRST_SEED + seeds):
                found[name][seed] = figures_of(Plan(world, firms, seed), own, yardstick)
                click.echo(f"{name} {seed}", err=True)
            lead[name] = lead_of(world, min(firms, LEAD_FIRMS), FIRST_SEED, own)
        small = small_table(
            {
                name: figures_of(
                    Plan(load_world(name), SMALL_FIRMS, SMALL_SEED), own, None, with_outages=False
                )
                for name in found
            },
            SMALL_SEED,
        )
        text = report(found, lead, own, small, local_date(now()))
        click.echo(text, nl=False)
        if out is not None:
            out.mkdir(parents=True, exist_ok=True)
            (out / "screen-evidence.md").write_text(text, "utf-8")
            for language in ("zh", "en"):
                (out / f"{language}.html").write_text(page(found, lead, own, language), "utf-8")
    except SteelyardError as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"{out} cannot be written: {error}") from error
