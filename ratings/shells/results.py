"""Writing a screening as scores.parquet and reasons.parquet, both or neither."""

import contextlib
import os
from pathlib import Path

from ratings.ledger.errors import Refused
from ratings.shells.screen import Screened

FILES = ("reasons.parquet", "scores.parquet")


def write_results(run: Screened, out: Path) -> None:
    """Stream both tables into `out`, which is made if it is not there.

    Both are complete under temporary names before either gets its own, and an older
    scores.parquet goes first: whenever the run is killed, a scores.parquet that stands there
    belongs to the reasons.parquet beside it. The policy and its digest are in the metadata of
    either file.
    """
    temporary = {name: out / f".{name}.{os.getpid()}.part" for name in FILES}
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, path in temporary.items():
            query = f"SELECT * FROM {name.removesuffix('.parquet')}"  # noqa: S608
            run.tables.write(query, path, run.metadata())
            _sync(path)
        (out / "scores.parquet").unlink(missing_ok=True)
        for name in FILES:
            temporary[name].replace(out / name)
    except OSError as error:
        raise Refused(
            "screen-output",
            "The result cannot be written to {path}: {problem}.",
            path=str(out),
            problem=error.strerror or str(error),
        ) from error
    finally:
        # Where `out` is a file, or the disk is gone, there is nothing to take away, and the reason
        # told above must not be lost over it.
        with contextlib.suppress(OSError):
            for leftover in temporary.values():
                leftover.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
