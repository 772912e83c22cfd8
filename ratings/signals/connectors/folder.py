"""The connectors of this installation: the TOML files of one folder."""

from pathlib import Path

import msgspec

from ratings.ledger.errors import SteelyardError
from ratings.signals.connectors.description import Connector, read_connector


class Folder(msgspec.Struct, frozen=True):
    """What can be pulled, and what is wrong with the files that cannot be read, both by name."""

    connectors: dict[str, Connector]
    faulty: dict[str, SteelyardError]


def read_folder(path: Path) -> Folder:
    """Read anew each time: the files are few, and a mended one counts at once."""
    connectors: dict[str, Connector] = {}
    faulty: dict[str, SteelyardError] = {}
    for file in sorted(path.glob("*.toml")):
        try:
            connectors[file.stem] = read_connector(file.stem, file.read_text("utf-8"))
        except SteelyardError as error:
            faulty[file.stem] = error
    return Folder(connectors, faulty)
