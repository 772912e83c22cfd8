"""One row of a source as a row of the contract: pure, and nothing in it is guessed.

What cannot be read stays as it came, so that the one reader of the contract sets the row aside
with its reason. What would hide a change of the source (a field that is gone) is Refused.
"""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation

import msgspec

from ratings.ledger.errors import Refused
from ratings.signals.connectors.description import ASKED, Connector, Field, feed_of
from ratings.signals.identifiers import keyed_hash

_FEN = {"fen": Decimal(1), "yuan": Decimal(100), "wan": Decimal(1_000_000)}
_NUMBERS = {"YYYY": r"(?P<year>\d{4})", "MM": r"(?P<month>\d{2})", "DD": r"(?P<day>\d{2})"}


class Mapped(msgspec.Struct, frozen=True):
    """`rows` have one text, or None, for each of the connector's columns, in their order.

    `unknown` are fields that the connector does not mention, `missing` optional ones that no row
    of the page had.
    """

    rows: list[list[str | None]]
    unknown: frozenset[str]
    missing: frozenset[str]


def map_rows(
    connector: Connector, month: str, rows: Sequence[Mapping[str, object]], key: bytes
) -> Mapped:
    """The page in the contract's columns; `key` hashes personal identifiers sent in the clear.

    Refused when a field is gone that a required column comes from.
    """
    fields = connector.fields()
    required = {column.name for column in feed_of(connector).columns if column.required}
    heard: set[str] = {name for row in rows for name in row}
    for name, field in fields.items():
        if field.source == ASKED or name not in required:
            continue
        for place, row in enumerate(rows, 1):
            if field.source not in row:
                raise Refused(
                    "connector-field-gone",
                    "Row {row} of the page lacks the field “{field}”, from which {column} comes."
                    " The source has changed; mend the connector and pull again. The row has:"
                    " {present}.",
                    row=place,
                    field=field.source,
                    column=name,
                    present=", ".join(sorted(row)),
                )
    wanted = {field.source for field in fields.values() if field.source != ASKED}
    return Mapped(
        rows=[
            [
                month if field.source == ASKED else value(field, row.get(field.source), key)
                for field in fields.values()
            ]
            for row in rows
        ],
        unknown=frozenset(heard - wanted - set(connector.ignored)),
        missing=frozenset(wanted - heard) if rows else frozenset(),
    )


def value(field: Field, sent: object, key: bytes) -> str | None:
    """The text of one value by the rules of its field; None for nothing."""
    text = as_text(sent)
    if text is None:
        return None
    if field.personal == "clear":
        return keyed_hash(key, text)
    text = field.values.get(text, text)
    if field.unit:
        return in_fen(text, field.unit)
    if field.form:
        return in_form(text, field.form)
    return text


def as_text(sent: object) -> str | None:
    """A JSON value as the text it would have in CSV; a list or a record as its JSON."""
    if sent is None:
        return None
    if isinstance(sent, bool):
        return "true" if sent else "false"
    if isinstance(sent, str):
        return sent.strip() or None
    if isinstance(sent, Decimal):
        return format(sent, "f")
    if isinstance(sent, int):
        return str(sent)
    return msgspec.json.encode(sent).decode()


def in_fen(text: str, unit: str) -> str:
    """Money in fen, exactly; a text that is no number, or a part of a fen, stays for the reader
    of the contract to set aside."""
    try:
        amount = Decimal(text.replace(",", "")) * _FEN[unit]
    except InvalidOperation:
        return text
    if not amount.is_finite():
        return text
    whole = amount.to_integral_value()
    return format(whole if whole == amount else amount, "f")


def in_form(text: str, form: str) -> str:
    """`text`, written as `form` (YYYYMM, DD.MM.YYYY …), as YYYY-MM or YYYY-MM-DD."""
    pattern = "".join(
        _NUMBERS.get(part, re.escape(part)) for part in re.split("(YYYY|MM|DD)", form)
    )
    found = re.fullmatch(pattern, text)
    if found is None:
        return text
    parts = found.groupdict()
    return "-".join(parts[name] for name in ("year", "month", "day") if name in parts)


def month_as(month: str, form: str) -> str:
    """YYYY-MM as a source wants it, by the same forms."""
    return form.replace("YYYY", month[:4]).replace("MM", month[5:])
