"""Five numbers that say whether two screens came to the same result, whatever engine ran them.

Two engines add in different orders, so the last binary digits of a number may differ while the
result does not: every number is rounded to a millionth first, and rows are taken in any order.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import duckdb
import msgspec

from ratings.ledger.errors import Refused, SteelyardError
from ratings.shells.results import FILES

# What the digest takes of each row; a change of any of these changes it.
_SCORES = ("uscc", "log_odds", "probability", "points", "coverage", "classes", "outcome")
_REASONS = ("uscc", "class", "feature", "value", "unit", "months", "bin", "contribution", "rule")
_NUMBERS = ("log_odds", "probability", "points", "coverage", "value", "contribution")


class Checksum(msgspec.Struct, frozen=True):
    """`log_odds` is the sum in millionths; `digest` the sum of a hash of every row of both files,
    modulo 2^64."""

    firms: int
    cases: int
    reasons: int
    log_odds: int
    digest: int

    def __str__(self) -> str:
        return " ".join(f"{name} {number}" for name, number in msgspec.structs.asdict(self).items())


def checksum_of(folder: Path) -> Checksum:
    """Of the two files that `write_results` left in `folder`; Refused when they are not there or
    are something else."""
    paths = {name: folder / name for name in FILES}
    for path in paths.values():
        if not path.is_file():
            raise Refused("checksum-none", "There is no file {path}.", path=str(path))
    try:
        scores, reasons = _counted(paths)
    except duckdb.Error as error:
        raise Refused(
            "checksum-files",
            "The files in {path} are not the result of a screen: {problem}",
            path=str(folder),
            problem=str(error).partition("\n")[0],
        ) from error
    return Checksum(
        firms=scores[0],
        cases=scores[1],
        reasons=reasons[0],
        log_odds=int(scores[2] or 0),
        digest=(int(scores[3] or 0) + int(reasons[1] or 0)) % 2**64,
    )


def _counted(paths: Mapping[str, Path]) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    with duckdb.connect() as connection:
        for name, path in paths.items():
            connection.read_parquet(str(path)).create_view(name.removesuffix(".parquet"))
        (scores,) = connection.execute(
            "SELECT count(*), count(*) FILTER (outcome = 'case'),"
            f" sum({_millionths('log_odds')}), {_digest(_SCORES)} FROM scores"
        ).fetchall()
        (reasons,) = connection.execute(
            f"SELECT count(*), {_digest(_REASONS)} FROM reasons"
        ).fetchall()
        return scores, reasons


def _millionths(column: str) -> str:
    return f'round("{column}" * 1000000)::HUGEINT'


def _digest(columns: tuple[str, ...]) -> str:
    texts = (
        f"coalesce({_millionths(one)}::VARCHAR, '')" if one in _NUMBERS else f'"{one}"'
        for one in columns
    )
    return f"sum(md5_number_lower(concat_ws('|', {', '.join(texts)})))"


@click.command("screen-checksum")
@click.argument("out", metavar="OUT_DIR", type=click.Path(path_type=Path))
def screen_checksum(out: Path) -> None:
    """Five numbers of the result in OUT_DIR, the same whichever engine it came from."""
    try:
        click.echo(str(checksum_of(out)))
    except SteelyardError as error:
        raise click.ClickException(str(error)) from error
