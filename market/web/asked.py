"""What an address asks for, read forgivingly: odd input is left out, never an error page."""

from datetime import date

from market.accounts.identity import Asking

_LONGEST = 80
_MOST_PAGES = 10_000


def word(request: Asking, name: str) -> str:
    """A text of the query: one line without control characters, cut at a length."""
    return plain(request.query_params.get(name, ""))


def plain(text: str) -> str:
    """PostgreSQL refuses a zero byte, and nobody searches for a control character."""
    return "".join(char for char in text if char.isprintable()).strip()[:_LONGEST]


def whole(request: Asking, name: str, *, least: int, most: int) -> int:
    """A whole number of the query within its bounds; `least` stands for anything else."""
    text = word(request, name)
    if not text.isascii() or not text.isdigit():
        return least
    return min(max(int(text), least), most)


def day(request: Asking, name: str) -> date | None:
    """A day of the query as YYYY-MM-DD; None for anything else."""
    try:
        return date.fromisoformat(word(request, name))
    except ValueError:
        return None


def page_number(request: Asking) -> int:
    return whole(request, "page", least=1, most=_MOST_PAGES)


def one_of(request: Asking, name: str, choices: tuple[str, ...]) -> str:
    """A choice of the query, or "" when it is none of them."""
    asked = word(request, name)
    return asked if asked in choices else ""
