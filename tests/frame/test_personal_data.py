"""Every column of text is classified in docs/personal-data.md, so that no personal data hide."""

import re
from collections import Counter
from pathlib import Path

from piccolo.columns import JSON, JSONB, Array, Text, Varchar

from market.piccolo_app import APP_CONFIG as MARKET
from ratings.piccolo_app import APP_CONFIG as RATINGS

PAGE = Path(__file__).parents[2] / "docs" / "personal-data.md"
_OF_TEXT = (Varchar, Text, JSON, JSONB, Array)
_NAMED = re.compile(r"`([a-z_]+\.[a-z_0-9]+)`")


def _columns() -> set[str]:
    return {
        f"{table._meta.tablename}.{column._meta.name}"
        for wing in (MARKET, RATINGS)
        for table in wing.table_classes
        for column in table._meta.columns
        if isinstance(column, _OF_TEXT)
    }


def test_every_column_of_text_is_classified_once() -> None:
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line[:1] == "|"]
    # The first cell of a row names the columns, the others may refer to them.
    named = Counter(name for row in rows for name in _NAMED.findall(row.split("|")[1]))
    assert _columns() - named.keys() == set(), "say in docs/personal-data.md what they hold"
    assert named.keys() - _columns() == set(), "there are no such columns any more"
    assert [name for name, times in named.items() if times > 1] == []
