"""The 24 × 9 heat strip of an agency: what each source said, month by month, without its values."""

from typing import Any, cast

from babel import Locale

from market.files.store import open_store
from market.settings import Settings
from market.web import text
from market.web.feed_names import FEED_TEXT
from market.web.render import Asking
from ratings.ledger.clock import now
from ratings.ledger.text import N_
from ratings.signals.agency_cells import FeedCells, window_cells
from ratings.signals.contract import State
from ratings.signals.queries import known_since
from ratings.signals.relations import stored_feeds

# The darker, the more it may say against the agency; what is not known has no level at all.
_LEVELS = {State.POS: 0, State.NOT_DUE: 1, State.EXEMPT: 1, State.ZERO: 2, State.OVERDUE: 3}
NAMES = (N_("above zero"), N_("not due or excused"), N_("zero"), N_("past due"))


async def heat_strip(request: Asking, locale: Locale, uscc: str, as_of: str) -> dict[str, Any]:
    """`months`, `rows` and `names` for the macro; a row's sum counts zeros and overdues. `silent`
    names the sources that say nothing of the agency in any of the months."""
    settings = cast(Settings, request.app.state.settings)
    feeds = await stored_feeds(open_store(settings.files), await known_since(now()))
    found = await window_cells(feeds, uscc, as_of)
    months = [cell.month for cell in found[0].cells]
    rows = [_row(locale, one) for one in found]
    return {
        "months": [month[2:] if month.endswith("-01") else month[5:] for month in months],
        "rows": rows,
        "silent": [row["label"] for row in rows if all(level is None for level in row["cells"])],
        "names": [text.gettext(locale, name) for name in NAMES],
        "first": months[0],
        "last": months[-1],
    }


def _row(locale: Locale, one: FeedCells) -> dict[str, Any]:
    cells = [_LEVELS.get(cell.state) for cell in one.cells]
    return {
        "label": text.gettext(locale, FEED_TEXT[one.feed]),
        "cells": cells,
        "sum": sum(level is not None and level >= 2 for level in cells),
    }
