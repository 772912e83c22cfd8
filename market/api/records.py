"""The record of an agency as files for `steelyard grade`: a stranger can check its score."""

import hashlib
from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import msgspec
from litestar import get
from litestar.params import FromPath, FromQuery
from litestar.response import Stream

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.agencies.standings import visible_record, visible_stars_before
from market.api.exports import file_of
from market.oversight.sheets import text_cell
from market.web.downloads import attachment
from ratings.ledger.actors import Role
from ratings.ledger.clock import local_date
from ratings.stars.estimate_queries import published_of
from ratings.stars.estimates_file import estimates_json
from ratings.stars.files_out import evaluations_csv, events_csv, stars_before_csv
from ratings.stars.policy_queries import known_policy
from ratings.stars.queries import last_moment

_TAGS = ["agencies"]


def _file(content: bytes, filename: str, media_type: str = "text/csv") -> Stream:

    async def whole() -> AsyncIterator[bytes]:
        yield content

    return attachment(
        whole(),
        filename=filename,
        media_type=media_type,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
    )


@get(
    "/agencies/{uscc:str}/record/evaluations.csv",
    operation_id="agency_record_evaluations",
    summary="The answers an agency's score is computed from, as a file for `steelyard grade`",
    tags=_TAGS,
    responses=file_of("text/csv", str),
    **allow(Role.PUBLIC),
)
async def evaluations_file(
    request: Asking,
    uscc: FromPath[str],
    as_of: FromQuery[date | None] = None,
    policy: FromQuery[str] = "",
) -> Stream:
    """What was known at the end of `as_of`, sealed answers never. Raters are not named: one whose
    habit the policy knows bears the pseudonym of the estimates of that quarter, others nothing.
    `weight` is what an answer weighs of its share by an order; empty is the whole."""
    engagements, _ = await visible_record(actor(request), uscc, as_of, policy)
    return _file(evaluations_csv(engagements).encode(), f"{uscc}-evaluations.csv")


@get(
    "/agencies/{uscc:str}/record/events.csv",
    operation_id="agency_record_events",
    summary="The outside events an agency's score takes in, as a file for `steelyard grade`",
    tags=_TAGS,
    responses=file_of("text/csv", str),
    **allow(Role.PUBLIC),
)
async def events_file(
    request: Asking, uscc: FromPath[str], as_of: FromQuery[date | None] = None
) -> Stream:
    """What was known at the end of `as_of`; `source` is the kind of authority."""
    _, events = await visible_record(actor(request), uscc, as_of)
    # The number of a document is the one free text in it, and spreadsheets open such files.
    events = [msgspec.structs.replace(one, document=text_cell(one.document)) for one in events]
    return _file(events_csv(events).encode(), f"{uscc}-events.csv")


@get(
    "/agencies/{uscc:str}/record/stars-before.csv",
    operation_id="agency_record_stars_before",
    summary="The stars an agency held, which a robust policy leaves with reluctance, as a file for"
    " `steelyard grade`",
    tags=_TAGS,
    responses=file_of("text/csv", str),
    **allow(Role.PUBLIC),
)
async def stars_before_file(
    request: Asking, uscc: FromPath[str], as_of: FromQuery[date | None] = None
) -> Stream:
    """Those of the last standing published by the end of `as_of`, without its caps; no row where
    none was published or it had none."""
    held = await visible_stars_before(actor(request), uscc, as_of)
    return _file(stars_before_csv(uscc, held).encode(), f"{uscc}-stars-before.csv")


@get(
    "/policies/{policy:str}/estimates.json",
    operation_id="policy_estimates",
    summary="What a robust policy estimates from all agencies, as frozen for a quarter, as a file"
    " for `steelyard grade`",
    tags=["standings"],
    responses=file_of("application/json", dict[str, Any]),
    **allow(Role.PUBLIC),
)
async def estimates_file(
    request: Asking, policy: FromPath[str], as_of: FromQuery[date | None] = None
) -> Stream:
    """Of the quarter in which `as_of` lies: means, habits under pseudonyms, trade means, the weight
    of the prior, the variance, and the SHA-256 of them all."""
    found = await known_policy(policy)
    on = local_date(last_moment(as_of, actor(request).at))
    published = await published_of(found, on)
    name = f"{found.key}-estimates-{published.quarter}.json"
    return _file(estimates_json(published), name, "application/json")


ROUTES = [evaluations_file, events_file, stars_before_file, estimates_file]
