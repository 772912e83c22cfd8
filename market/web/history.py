"""The ledger as a history people read: each act in a few words, with its time and its reason."""

from collections.abc import Iterable
from typing import Any

from babel import Locale

from market.web import text, words
from ratings.ledger.rules import Entry


def timeline(locale: Locale, entries: Iterable[Entry]) -> list[dict[str, Any]]:
    """For the macro `timeline`, the newest first."""
    return [
        {
            "at": entry.at,
            "title": text.gettext(locale, words.act_word(entry.act)),
            "who": text.gettext(locale, words.KINDS.get(entry.role, "")),
            "reason": entry.reason,
            "tone": words.ACTS[entry.act][1] if entry.act in words.ACTS else "",
        }
        for entry in sorted(entries, key=lambda entry: -entry.seq)
    ]
