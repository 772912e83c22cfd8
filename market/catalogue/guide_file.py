"""The first texts of the guides, read from their file and checked like a department's."""

import tomllib
from functools import cache

import msgspec

from market.catalogue.guides import GuideText, faults_of, tidied, unfinished
from market.catalogue.standards import DATA
from ratings.ledger.errors import Refused


class _GuidesFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    guides: dict[str, GuideText]


@cache
def first_guides() -> dict[str, GuideText]:
    """Code of an item → what is known for its guide; an item that is not there has nothing."""
    return parse_guides((DATA / "guides.toml").read_text(encoding="utf-8"))


def parse_guides(text: str, file: str = "guides.toml") -> dict[str, GuideText]:
    """Guides from the text of a file. Raises Refused naming file and record."""
    try:
        found = msgspec.convert(tomllib.loads(text), _GuidesFile).guides
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise _bad(file, "-", str(error)) from error
    made = {code: tidied(guide) for code, guide in found.items()}
    for code, guide in made.items():
        for fault in (*faults_of(guide), *unfinished(guide)):
            raise _bad(file, code, f"{fault.pointer}: {fault.message}")
    return made


def _bad(file: str, record: str, problem: str) -> Refused:
    return Refused(
        "bad-catalogue-file",
        "{file}, record {record}: {problem}",
        file=file,
        record=record,
        problem=problem,
    )
