"""Reading one value of the contract from its text, or saying why it cannot be read."""

import datetime as dt
import math
import re
from collections.abc import Callable

from ratings.ledger.errors import Refused
from ratings.ledger.text import N_
from ratings.ledger.uscc import parse_uscc
from ratings.signals.contract import Column, Kind

Value = str | int | float | bool | dt.date | dt.datetime

_WHOLE = re.compile(r"[+-]?\d{1,18}(\.0+)?")
_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})([T ]00:00:00(\.0+)?)?")
_FLAGS = {"true": True, "false": False, "1": True, "0": False}
# A mainland mobile number, an identity number, or a name: none may stand where a hash must.
_IN_THE_CLEAR = re.compile(r"(\+?86)?1[3-9]\d{9}|\d{17}[\dXx]|.*[\u4e00-\u9fff].*")

NUMBER = N_("“{value}” in column {column} is not a whole number.")
NEGATIVE = N_("“{value}” in column {column} is negative; the contract knows no negative value.")
SHARE = N_("“{value}” in column {column} is not a number.")
ABOVE_ONE = N_("“{value}” in column {column} is a share and must lie between 0 and 1.")
MONTH = N_("“{value}” in column {column} is not a month; write it as YYYY-MM, for example 2026-03.")
DAY = N_("“{value}” in column {column} is not a date; write it as YYYY-MM-DD.")
INSTANT = N_("“{value}” in column {column} is not a time; write it as YYYY-MM-DDTHH:MM:SSZ.")
FLAG = N_("“{value}” in column {column} is neither true nor false.")
CHOICE = N_("“{value}” in column {column} is not one of {choices}.")
CLEAR = N_("Column {column} holds personal data in the clear; send its keyed hash (HMAC-SHA-256).")


class Unreadable(Exception):
    """Why one value was not accepted: a stable code, a msgid and what fills it."""

    def __init__(self, code: str, message: str, /, **params: object) -> None:
        super().__init__(code)
        self.code = code
        self.message = message
        self.params = params


def _uscc(text: str) -> str:
    try:
        return parse_uscc(text)
    except Refused as refusal:
        raise Unreadable(refusal.code, refusal.message, **refusal.params) from None


def _month(text: str) -> str:
    if not re.fullmatch(r"(19|20)\d{2}-(0[1-9]|1[0-2])", text):
        raise Unreadable("bad-month", MONTH)
    return text


def _count(text: str) -> int:
    if not _WHOLE.fullmatch(text):
        raise Unreadable("not-whole", NUMBER)
    number = int(text.split(".")[0])
    if number < 0:
        raise Unreadable("negative", NEGATIVE)
    return number


def _amount(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise Unreadable("not-number", SHARE)
    if number < 0:
        raise Unreadable("negative", NEGATIVE)
    return number


def _share(text: str) -> float:
    number = _amount(text)
    if number > 1:
        raise Unreadable("above-one", ABOVE_ONE)
    return number


def _date(text: str) -> dt.date:
    match = _DAY.fullmatch(text)
    try:
        return dt.date.fromisoformat(match[1] if match else "")
    except ValueError:
        raise Unreadable("bad-date", DAY) from None


def _instant(text: str) -> dt.datetime:
    try:
        instant = dt.datetime.fromisoformat(text)
    except ValueError:
        raise Unreadable("bad-time", INSTANT) from None
    # The contract says that instants are UTC, so one without an offset is taken as such.
    return instant.replace(tzinfo=instant.tzinfo or dt.UTC).astimezone(dt.UTC)


def _flag(text: str) -> bool:
    if text.lower() not in _FLAGS:
        raise Unreadable("bad-flag", FLAG)
    return _FLAGS[text.lower()]


def _hash(text: str) -> str:
    if _IN_THE_CLEAR.fullmatch(text):
        raise Unreadable("in-the-clear", CLEAR, value="…")
    return text


_READERS: dict[Kind, Callable[[str], Value]] = {
    "uscc": _uscc,
    "month": _month,
    "date": _date,
    "instant": _instant,
    "count": _count,
    "fen": _count,
    "amount": _amount,
    "share": _share,
    "flag": _flag,
    "text": str,
    "hash": _hash,
}


def read_value(column: Column, text: str) -> Value:
    """The value of `text` (not empty, without surrounding blanks), or Unreadable."""
    if column.kind == "choice":
        if text not in column.choices:
            raise Unreadable("not-a-choice", CHOICE, choices=", ".join(column.choices))
        return text
    return _READERS[column.kind](text)
