"""`steelyard fit-screen FEEDS_DIR LABELS`: the weights refitted on what came of cases."""

from collections.abc import Iterable
from pathlib import Path

import click
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv
import pyarrow.parquet as pq

from ratings.ledger.errors import Refused, SteelyardError
from ratings.shells.evaluation.fitting import Fit, changes, fit
from ratings.shells.evaluation.looks import Gathered, gathered, look
from ratings.shells.evaluation.policy_file import policy_of, policy_text
from ratings.shells.policy import Policy
from ratings.shells.prevalence import made_where
from ratings.signals.files import read_directory


@click.command("fit-screen")
@click.argument("sources", nargs=-1, required=True, metavar="FEEDS_DIR LABELS …")
@click.option("--as-of", required=True, metavar="YYYY-MM", help="The newest month looked at.")
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--policy", default="standard", show_default=True, metavar="NAME|FILE")
@click.option("--version", "version", required=True, help="What the new policy calls itself.")
@click.option(
    "--shapes",
    is_flag=True,
    help="Fit the weight of every bin, and not one factor per feature; takes 2,000 labels.",
)
def fit_screen(
    sources: tuple[str, ...], as_of: str, out: Path, policy: str, version: str, shapes: bool
) -> None:
    """Fit the weights of the screen on labels, around the weights the policy has.

    LABELS is a Parquet or CSV table with the columns uscc and label (true: a shell). Several
    pairs of a directory and its labels may follow each other. Firms without a label take no part.
    Refuses on fewer than 50 labels, or fewer than ten of either kind. The same input gives the
    same policy.
    """
    if len(sources) % 2:
        raise click.UsageError("Each FEEDS_DIR needs its LABELS.")
    try:
        expert = policy_of(policy)
        pairs = zip(sources[::2], sources[1::2], strict=True)
        given = _gathered(expert, [(Path(one), Path(two)) for one, two in pairs], as_of)
        found = fit(given.policy, given.examples, version=version, shapes=shapes)
        policy_found = made_where(found.policy, given.shown)
        out.write_text(policy_text(policy_found, _comments(expert, found, shapes)), "utf-8")
    except SteelyardError as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"{out} cannot be written: {error}") from error
    _report(expert, found, policy_found)


def _gathered(policy: Policy, pairs: Iterable[tuple[Path, Path]], as_of: str) -> Gathered:
    seen = []
    for feeds, labels in pairs:
        table = _labels(labels)
        found = look(read_directory(feeds), as_of, policy, table["uscc"].to_numpy())
        seen.append((found, table["label"].to_numpy()))
    return gathered(policy, seen)


def _labels(path: Path) -> pa.Table:
    try:
        table = pcsv.read_csv(path) if path.suffix == ".csv" else pq.read_table(path)
        table = table.select(["uscc", "label"])
        labels = table["label"].cast(pa.bool_())
    except (OSError, KeyError, pa.ArrowException) as error:
        raise Refused(
            "fit-labels",
            "{path} is no table of labels with the columns uscc and label: {problem}.",
            path=str(path),
            problem=str(error).splitlines()[0],
        ) from error
    table = table.set_column(1, "label", labels)
    return table.filter(pc.is_valid(table["label"]))


def _comments(expert: Policy, found: Fit, shapes: bool) -> tuple[str, ...]:
    return (
        f"Fitted by `steelyard fit-screen` on {found.shells} shells and {found.honest} others,",
        f"around {expert.name} {expert.version} ({expert.digest[:12]}),",
        "the weight of every bin by itself." if shapes else "one factor for each feature.",
    )


def _report(expert: Policy, found: Fit, policy: Policy) -> None:
    click.echo(f"{found.shells} shells, {found.honest} other firms")
    click.echo(f"mean log loss {found.before:.4f} before, {found.after:.4f} after")
    for name, old, new in changes(expert, policy):
        click.echo(f"{name}: {old:g} → {new:g}")
    click.echo(f"policy {policy.name} {policy.version} {policy.digest}")
