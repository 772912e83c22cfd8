"""Reading the directory: admitted agencies that match, a page at a time, best stars first."""

import re
from collections.abc import Callable
from decimal import Decimal

import msgspec

from market.agencies import names
from market.agencies.queries import DELISTED, STANDING, AgencyRow
from ratings.ledger.database import fetch, fetchval
from ratings.ledger.lately import Lately


class AgencyFilter(msgspec.Struct, frozen=True):
    """`text` matches name, pinyin, initials or code; the other fields narrow further."""

    text: str = ""
    package: str = ""
    stars: int = 0
    include_delisted: bool = True


class Rank(msgspec.Struct, frozen=True, array_like=True):
    """Where a page of the directory ended: how the last agency stood, and its code.

    Standings change. An agency that moves past this place while the pages are being read is met
    twice or not at all; one whose standing stays is met exactly once.
    """

    stars: int
    confirmed: bool
    score: Decimal
    uscc: str


def rank_of(row: AgencyRow) -> Rank:
    score = Decimal(row.score) if row.score is not None else Decimal(-1)
    return Rank(row.stars or 0, row.confirmed, score, row.uscc)


_ORDER = "-coalesce(s.stars, 0), coalesce(NOT s.confirmed, true), -coalesce(s.score, -1), a.uscc"

# What belongs to the agencies of a page is collected once for all of them. Their codes are an array
# because PostgreSQL then goes by the index of each table, whatever it knows of the table's size,
# and nothing is collected again for each of them, as it would be on tables not analysed yet.
_OF_THE_PAGE = "ANY(ARRAY(SELECT uscc FROM found))"
_FOUND = f"""
    found AS MATERIALIZED (
        SELECT a.uscc, a.name, a.name_en, a.established_on, a.staff, a.demonstration,
               s.stars, s.score::text AS score, coalesce(s.state, 'unrated') AS state,
               coalesce(s.engagements, 0) AS engagements,
               coalesce(s.confirmed, false) AS confirmed,
               {DELISTED} AS delisted, row_number() OVER (ORDER BY {_ORDER}) AS place
        FROM agency a {STANDING} WHERE {{matches}} ORDER BY {_ORDER}
        LIMIT {{limit}} OFFSET {{offset}})
"""
_BELONGING = f"""
    sold AS MATERIALIZED (
        SELECT agency, array_agg(package ORDER BY package) AS packages FROM listing
        WHERE state = 'live' AND agency = {_OF_THE_PAGE} GROUP BY agency),
    held AS MATERIALIZED (
        SELECT agency, array_agg(name || CASE WHEN level <> '' THEN ' ' || level ELSE '' END
                                 ORDER BY name) AS qualifications FROM qualification
        WHERE agency = {_OF_THE_PAGE} GROUP BY agency),
    done AS MATERIALIZED (
        SELECT agency, count(*)::int AS settled FROM engagement
        WHERE state = 'settled' AND agency = {_OF_THE_PAGE} GROUP BY agency)
"""
_LINES = """
    SELECT f.uscc, f.name, f.name_en, f.established_on, f.staff, f.demonstration, f.stars, f.score,
           f.state, f.engagements, f.delisted, coalesce(sold.packages, '{}') AS packages,
           coalesce(held.qualifications, '{}') AS qualifications,
           coalesce(done.settled, 0) AS settled, f.confirmed
    FROM found f LEFT JOIN sold ON sold.agency = f.uscc LEFT JOIN held ON held.agency = f.uscc
    LEFT JOIN done ON done.agency = f.uscc ORDER BY f.place
"""
_WRITTEN = "SELECT convert_to(coalesce(json_agg(page), '[]')::text, 'UTF8') FROM page"


# Every act that shows in the directory appends to the ledger in its own transaction, as
# `market.api.hot_routes` has it.
_PAGES: Lately[list[msgspec.Raw]] = Lately()


class _Arguments(list[object]):
    """The arguments of a query; each is named in it by what `given` returns."""

    def given(self, value: object) -> str:
        self.append(value)
        return f"${len(self)}"


def _matches(wanted: AgencyFilter, given: Callable[[object], str]) -> str:
    """The conditions that are wanted and no others.

    A filter that is switched off by its argument makes PostgreSQL plan each query anew, which
    takes as long as a third of the directory.
    """
    conditions = ["a.state = 'admitted'"]
    plain = names.normalise(wanted.text)
    if plain:
        pieces = given(names.bigrams(wanted.text) or [plain])
        sounds, english = (given(_containing(one)) for one in (plain, wanted.text.strip().lower()))
        conditions.append(
            f"(a.bigrams @> {pieces} OR a.pinyin LIKE {sounds} OR a.initials LIKE {sounds}"
            f" OR lower(a.name_en) LIKE {english} OR starts_with(a.uscc, upper({given(plain)})))"
        )
    if wanted.package:
        conditions.append(
            f"NOT {DELISTED} AND EXISTS (SELECT 1 FROM listing l WHERE l.agency = a.uscc"
            f" AND l.package = {given(wanted.package)} AND l.state = 'live')"
        )
    if wanted.stars:
        conditions.append(f"s.stars >= {given(wanted.stars)}")
    if not wanted.include_delisted:
        conditions.append(f"NOT {DELISTED}")
    return " AND ".join(conditions)


def _containing(text: str) -> str:
    """A LIKE pattern in which the text means nothing but itself."""
    return "%" + re.sub(r"([\\%_])", r"\\\1", text) + "%"


def _page(
    wanted: AgencyFilter, limit: int, offset: int, after: Rank | None
) -> tuple[str, _Arguments]:
    """What finds the agencies of a page, to be named `found`, and its arguments."""
    arguments = _Arguments()
    given = arguments.given
    matches = _matches(wanted, given)
    if after is not None:
        matches += (
            f" AND ({_ORDER}) > (-{given(after.stars)}::int, {given(not after.confirmed)}::bool,"
            f" -{given(after.score)}::numeric, {given(after.uscc)}::text)"
        )
    found = _FOUND.format(matches=matches, limit=given(limit), offset=given(offset))
    return found, arguments


async def agencies(
    wanted: AgencyFilter, *, limit: int, offset: int = 0, after: Rank | None = None
) -> list[AgencyRow]:
    """Admitted agencies that match, best stars first; `after` begins behind one that was seen."""
    found, arguments = _page(wanted, limit, offset, after)
    query = f"WITH {found}, {_BELONGING} {_LINES}"
    return [AgencyRow(*row) for row in await fetch(query, *arguments)]


async def agencies_as_json(
    wanted: AgencyFilter, *, limit: int, after: Rank | None = None
) -> list[msgspec.Raw]:
    """The same rows as the JSON that an AgencyRow is encoded to, written by PostgreSQL.

    Its bytes are read from there and handed on, instead of fourteen columns of each row.
    """

    async def read() -> list[msgspec.Raw]:
        found, arguments = _page(wanted, limit, 0, after)
        query = f"WITH {found}, {_BELONGING}, page AS ({_LINES}) {_WRITTEN}"
        return msgspec.json.decode(await fetchval(query, *arguments), type=list[msgspec.Raw])

    return list(await _PAGES.read((wanted, limit, after), read))


async def count_agencies(wanted: AgencyFilter) -> int:
    arguments = _Arguments()
    matches = _matches(wanted, arguments.given)
    count: int = await fetchval(
        f"SELECT count(*)::int FROM agency a {STANDING} WHERE {matches}", *arguments
    )
    return count
