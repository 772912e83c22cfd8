"""A connector: one small TOML file that says where a feed comes from and what its fields mean.

Nothing is guessed. Money states its unit, a personal identifier states whether it comes in the
clear, and a secret is named, never written: its value stands in the environment.
"""

import re
import tomllib
from string import Formatter
from typing import Annotated, Literal
from urllib.parse import urlsplit

import msgspec

from ratings.ledger.errors import Refused
from ratings.signals.contract import FEEDS, Column, Feed

SECRET_PREFIX = "STEELYARD_CONNECTOR_"
"""A file names a variable that begins so: none can ask for the market's own secrets."""
OWN = ("platform", "manifest")
"""What this system states itself; no other source may."""

SIGNED_PARTS = ("method", "path", "query", "key", "date", "digest")

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_SECRET = re.compile(SECRET_PREFIX + r"[A-Z0-9_]+")


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class OAuth2(_Part, frozen=True, tag="oauth2", tag_field="kind"):
    """Client credentials, RFC 6749 section 4.4. `credentials` says where the two are sent."""

    token_url: str
    client_id: str
    secret: str
    scope: str = ""
    credentials: Literal["header", "body"] = "header"


class Signed(_Part, frozen=True, tag="signed", tag_field="kind"):
    """A request signed by HMAC-SHA-256 over `text`; see `signing.py` for the placeholders.

    `headers` are sent with the same placeholders and {signature} filled in.
    """

    key_id: str
    secret: str
    headers: dict[str, str]
    text: str = "{method}\n{path}\n{query}\n{date}\n{digest}"
    date: Literal["http", "iso", "seconds", "milliseconds"] = "http"
    digits: Literal["base64", "hex"] = "base64"


class ByNumber(_Part, frozen=True, tag="number", tag_field="kind"):
    """Pages counted from `first`; the last one has fewer than `size` rows.

    `total` is where the source says how many rows there are in all.
    """

    size: Annotated[int, msgspec.Meta(ge=1, le=100_000)]
    parameter: str = "page"
    size_parameter: str = "size"
    first: int = 1
    total: str = ""


class ByCursor(_Part, frozen=True, tag="cursor", tag_field="kind"):
    """Each page says at `next` where the following one begins; nothing there means the end."""

    next: str
    parameter: str = "cursor"
    total: str = ""


class ByLink(_Part, frozen=True, tag="link", tag_field="kind"):
    """The header `Link` with rel="next", RFC 8288; none means the end."""

    total: str = ""


class OnePage(_Part, frozen=True, tag="none", tag_field="kind"):
    total: str = ""


class Request(_Part, frozen=True):
    """What is asked for: `parameters` go into the query of a GET, into the JSON body of a POST.

    {month} in a parameter becomes the month asked for, written as `month_form`. `rows` is the
    path to the list of rows in the answer, empty where the answer itself is the list.
    """

    url: str
    method: Literal["GET", "POST"] = "GET"
    parameters: dict[str, str | int] = {}
    month_form: str = "YYYY-MM"
    rows: str = ""
    requests_per_second: Annotated[float, msgspec.Meta(ge=0.1, le=100)] = 2.0


class Schedule(_Part, frozen=True):
    """At `hour` o'clock in the county: on that `day` of each month, or daily without one.

    Each time the last `months` finished months are asked for, so that late corrections come too.
    """

    hour: Annotated[int, msgspec.Meta(ge=0, le=23)]
    day: Annotated[int, msgspec.Meta(ge=1, le=28)] | None = None
    months: Annotated[int, msgspec.Meta(ge=1, le=24)] = 1


class Field(_Part, frozen=True, rename={"source": "from"}):
    """Where a column comes from and how it is read.

    `unit` of money: fen, yuan, or wan (10,000 yuan). `form` of a month or a date: any order of
    YYYY, MM and DD with signs between. `values` translates codes. `personal` of an identifier:
    "clear" is hashed here, "hashed" came so.
    """

    source: str
    unit: Literal["", "fen", "yuan", "wan"] = ""
    form: str = ""
    values: dict[str, str] = {}
    personal: Literal["", "clear", "hashed"] = ""


class Connector(_Part, frozen=True):
    """`ignored` are fields of the source that are known and not wanted; any other is reported."""

    title_zh: str
    title_en: str
    feed: str
    request: Request
    access: OAuth2 | Signed
    paging: ByNumber | ByCursor | ByLink | OnePage
    schedule: Schedule
    columns: dict[str, str | Field]
    ignored: list[str] = []
    name: str = ""

    def fields(self) -> dict[str, Field]:
        """The columns, those written as a bare name of a field too."""
        return {
            name: Field(source=one) if isinstance(one, str) else one
            for name, one in self.columns.items()
        }


ASKED = "{month}"
"""As the `from` of a column: the month that was asked for, where the rows do not say it."""


def read_connector(name: str, text: str) -> Connector:
    """The connector in one file; Refused with the first thing that is wrong with it."""
    try:
        found = msgspec.convert(tomllib.loads(text), Connector)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise Refused(
            "connector-unreadable",
            "The connector {name} cannot be read: {problem}.",
            name=name,
            problem=str(error),
        ) from None
    found = msgspec.structs.replace(found, name=name)
    _check_frame(found)
    _check_columns(found)
    return found


def _check_frame(one: Connector) -> None:
    if not _NAME.fullmatch(one.name):
        raise Refused(
            "connector-name",
            "“{name}” cannot be the name of a connector: small letters, digits, - and _, at most"
            " 40, the first a letter.",
            name=one.name,
        )
    if one.feed not in FEEDS or one.feed in OWN:
        raise Refused(
            "connector-feed",
            "The connector {name} names the feed “{feed}”, which no source can send.",
            name=one.name,
            feed=one.feed,
        )
    if not _SECRET.fullmatch(one.access.secret):
        raise Refused(
            "connector-secret",
            "In the connector {name}, access.secret is the name of an environment variable that"
            " begins with {prefix}, not the secret itself.",
            name=one.name,
            prefix=SECRET_PREFIX,
        )
    addresses = [one.request.url]
    if isinstance(one.access, OAuth2):
        addresses.append(one.access.token_url)
    else:
        _check_placeholders(one, one.access)
    for address in addresses:
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.netloc or parts.query:
            raise Refused(
                "connector-address",
                "In the connector {name}, “{address}” is no address to call. It begins with"
                " https://, and what follows a question mark stands in request.parameters.",
                name=one.name,
                address=address,
            )


def _check_placeholders(one: Connector, access: Signed) -> None:
    texts: list[tuple[str, tuple[str, ...]]] = [(access.text, SIGNED_PARTS)]
    texts += [(text, (*SIGNED_PARTS, "signature")) for text in access.headers.values()]
    for text, known in texts:
        try:
            used = {name for _, name, _, _ in Formatter().parse(text) if name is not None}
        except ValueError:
            used = {text}
        if not used <= set(known):
            raise Refused(
                "connector-placeholder",
                "In the connector {name}, a signed text has a placeholder that is none of {known}.",
                name=one.name,
                known=", ".join(known),
            )


def _check_columns(one: Connector) -> None:
    feed = feed_of(one)
    known = {column.name: column for column in feed.columns if column.name != "received_at"}
    fields = one.fields()
    for name in fields:
        if name not in known:
            raise Refused(
                "connector-column-unknown",
                "The connector {name} fills {column}, which is no column of {feed}.",
                name=one.name,
                column=name,
                feed=feed.name,
            )
    for column in known.values():
        if column.name in fields:
            _check_field(one, column, fields[column.name])
        elif column.required:
            raise Refused(
                "connector-column-missing",
                "The connector {name} does not say where {column} comes from, which {feed} must"
                " have.",
                name=one.name,
                column=column.name,
                feed=feed.name,
            )


def _check_field(one: Connector, column: Column, field: Field) -> None:
    if (column.kind == "fen") != bool(field.unit):
        raise Refused(
            "connector-unit",
            "In the connector {name}, {column} needs its unit (fen, yuan or wan) if it is money,"
            " and none if it is not.",
            name=one.name,
            column=column.name,
        )
    if (column.kind == "hash") != bool(field.personal):
        raise Refused(
            "connector-personal",
            "In the connector {name}, {column} needs personal = “clear” or “hashed” if it is a"
            " personal identifier, and neither if it is not.",
            name=one.name,
            column=column.name,
        )
    if field.form and column.kind not in ("month", "date"):
        raise Refused(
            "connector-form",
            "In the connector {name}, {column} is neither a month nor a date and takes no form.",
            name=one.name,
            column=column.name,
        )


def feed_of(one: Connector) -> Feed:
    return FEEDS[one.feed]
