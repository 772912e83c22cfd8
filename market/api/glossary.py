"""What the fields and parameters of the API mean, put into its description from one table.

A name means one thing wherever it stands, so that it is explained once, in glossary.toml. Where a
schema or an operation means less or something else, a table of its own there says so.
"""

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

Schema = dict[str, Any]
Table = Mapping[str, Mapping[str, str]]

_EVERYWHERE = "everywhere"
_FILE = Path(__file__).with_name("glossary.toml")


@cache
def glossary() -> Table:
    """Schema, operation or “everywhere” → name → text."""
    return parsed(_FILE.read_text(encoding="utf-8"))


def parsed(text: str) -> Table:
    """A table of the file may be named after several places. ValueError for what is said twice."""
    found: dict[str, dict[str, str]] = {}
    for places, texts in tomllib.loads(text).items():
        for place in places.split():
            own = found.setdefault(place, {})
            if twice := own.keys() & texts.keys():
                raise ValueError(f"the glossary explains {sorted(twice)} of {place} twice")
            own |= texts
    return found


def explain(made: Schema, table: Table) -> set[tuple[str, str]]:
    """Write the texts into the description; a text that is there already stays.

    Returns which entries of the table, as place and name, were used.
    """
    used = set()
    for place, name, stated in named(made):
        found = next((one for one in (place, _EVERYWHERE) if name in table.get(one, {})), None)
        if found is not None and not stated.get("description"):
            stated["description"] = table[found][name]
            used.add((found, name))
    return used


def named(made: Schema) -> Iterator[tuple[str, str, Schema]]:
    """Place in the glossary, name and declaration of every field and parameter there is."""
    for schema, stated in made["components"]["schemas"].items():
        # What holds for one list's page holds for those of all.
        place = "Page" if schema.startswith("Page_") else schema
        for name, field in stated.get("properties", {}).items():
            yield place, name, field
    for item in made["paths"].values():
        for operation in item.values():
            for parameter in operation.get("parameters", ()):
                yield operation["operationId"], parameter["name"], parameter
