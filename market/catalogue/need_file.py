"""The rules of the questionnaire, read from their file and checked."""

import tomllib
from collections.abc import Mapping
from decimal import Decimal
from functools import cache

import msgspec

from market.catalogue.items import Item, load_items
from market.catalogue.need_rules import NeedRules, faults_of
from market.catalogue.standards import DATA
from ratings.ledger.errors import Refused


@cache
def load_need_rules() -> NeedRules:
    """The rules in the order of the file."""
    return parse_need_rules((DATA / "needs.toml").read_text(encoding="utf-8"), load_items())


def parse_need_rules(text: str, items: Mapping[str, Item], file: str = "needs.toml") -> NeedRules:
    """Rules from the text of a file. Raises Refused naming file and place."""
    try:
        found = msgspec.convert(tomllib.loads(text, parse_float=Decimal), NeedRules)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise _bad(file, "-", str(error)) from error
    for place, fault in faults_of(found, items):
        raise _bad(file, place, fault)
    return found


def _bad(file: str, record: str, problem: str) -> Refused:
    return Refused(
        "bad-catalogue-file",
        "{file}, record {record}: {problem}",
        file=file,
        record=record,
        problem=problem,
    )
