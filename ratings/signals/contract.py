"""The file contract of the nine feeds and their two companions, as data.

Files, HTTP pushes and connectors all deliver these tables. A column that is `required` must
be there; one that is a `key` must also be filled in every row. Everything else may be empty,
and empty means "not known", never zero. Money is an integer of fen.
"""

from enum import StrEnum
from typing import Literal

import msgspec

Kind = Literal[
    "uscc",
    "month",
    "date",
    "instant",
    "count",
    "fen",
    "amount",
    "share",
    "flag",
    "choice",
    "text",
    "hash",
]


class State(StrEnum):
    """What one cell (agency, feed, month) says; every cell is in exactly one state."""

    POS = "POS"
    ZERO = "ZERO"
    OVERDUE = "OVERDUE"
    NOT_DUE = "NOT_DUE"
    EXEMPT = "EXEMPT"
    LATE = "LATE"
    FEED_MISSING = "FEED_MISSING"
    UNMATCHED = "UNMATCHED"
    OUT_OF_AREA = "OUT_OF_AREA"


class Excuse(StrEnum):
    """Why a zero may be lawful; the centre records these with a source."""

    NEW_FIRM = "new_firm"
    REGISTERED_CLOSURE = "registered_closure"
    SOLE_PRACTITIONER = "sole_practitioner"
    LABOUR_DISPATCH = "labour_dispatch"
    RETIREES_INTERNS = "retirees_interns"
    BRANCH = "branch"
    HOSTED_ADDRESS = "hosted_address"
    OUT_OF_COUNTY = "out_of_county"
    GROUP_PAYROLL = "group_payroll"


class Column(msgspec.Struct, frozen=True):
    name: str
    kind: Kind
    required: bool = False
    key: bool = False
    choices: tuple[str, ...] = ()


class Feed(msgspec.Struct, frozen=True):
    """One table of the contract.

    `key` names one cell: a later batch replaces the row with the same key. `quantity` is the
    column a missing `state` is derived from. `lag_days` is how late the source usually is.
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    quantity: str = ""
    lag_days: int = 0


def _column(name: str, kind: Kind, *choices: str) -> Column:
    return Column(name, kind, choices=choices)


def _required(name: str, kind: Kind, *choices: str) -> Column:
    return Column(name, kind, required=True, choices=choices)


def _key(name: str, kind: Kind, *choices: str) -> Column:
    return Column(name, kind, required=True, key=True, choices=choices)


_CELL = (_key("uscc", "uscc"), _key("month", "month"))
# A directory holds one file per feed, so a correction beside the row it corrects is told
# apart by this optional instant; without it two rows that disagree are nobody's truth.
_RECEIVED = _column("received_at", "instant")
_STATE = _column("state", "choice", *State)


def _monthly(
    name: str, *columns: Column, quantity: str = "", lag_days: int, state: Column | None = None
) -> Feed:
    stated = () if state is None else (state,)
    return Feed(
        name,
        (*_CELL, *stated, *columns, _RECEIVED),
        key=("uscc", "month"),
        quantity=quantity,
        lag_days=lag_days,
    )


TAX_FILING = _monthly(
    "tax_filing",
    _column("filing_cycle", "choice", "M", "Q", "Y"),
    _column("filed_on", "date"),
    _column("sales_fen", "fen"),
    _column("exempt_sales_fen", "fen"),
    _column("tax_fen", "fen"),
    _column("taxpayer_state", "choice", "normal", "abnormal", "cancelled"),
    _column("arrears_fen", "fen"),
    _column("credit_grade", "choice", "A", "B", "M", "C", "D"),
    # Filing is a duty, and only the tax office knows whether it existed: its word is required.
    state=_key("state", "choice", *State),
    lag_days=45,
)
INVOICES = _monthly(
    "invoices",
    _column("out_count", "count"),
    _required("out_fen", "fen"),
    _column("in_count", "count"),
    _column("in_fen", "fen"),
    _column("void_count", "count"),
    _column("top_buyer_share", "share"),
    _column("distinct_buyers", "count"),
    _column("labour_service_in_fen", "fen"),
    state=_STATE,
    quantity="out_fen",
    lag_days=15,
)
SOCIAL_INSURANCE = _monthly(
    "social_insurance",
    _required("insured", "count"),
    _column("due_fen", "fen"),
    _column("paid_fen", "fen"),
    state=_STATE,
    quantity="insured",
    lag_days=60,
)
HOUSING_FUND = _monthly(
    "housing_fund",
    _required("contributors", "count"),
    _column("paid_fen", "fen"),
    state=_STATE,
    quantity="contributors",
    lag_days=30,
)
REGISTRATION = _monthly(
    "registration",
    _required("status", "choice", "active", "dormant", "revoked", "cancelled"),
    _column("legal_form", "choice", "company", "branch", "sole", "partnership"),
    _required("established_on", "date"),
    _column("address_id", "text"),
    _column("address_hosted", "flag"),
    _column("legal_rep_id", "hash"),
    _column("phone_id", "hash"),
    _column("changes_12m", "count"),
    _column("dormant_from", "date"),
    _column("dormant_to", "date"),
    _column("abnormal_since", "date"),
    _column("abnormal_reason", "text"),
    _column("annual_report_filed", "flag"),
    _column("annual_report_staff", "count"),
    _column("sector", "text"),
    lag_days=7,
)
PRACTITIONERS = Feed(
    "practitioners",
    (
        *_CELL,
        _key("person_id", "hash"),
        _key("certificate", "text"),
        _column("insured_uscc", "uscc"),
        _column("valid_to", "date"),
        _column("registration_changes_12m", "count"),
        _RECEIVED,
    ),
    key=("uscc", "month", "person_id", "certificate"),
    lag_days=30,
)
UTILITIES = _monthly(
    "utilities",
    _column("meter_holder", "flag"),
    _required("kwh", "amount"),
    _column("water_m3", "amount"),
    state=_STATE,
    quantity="kwh",
    lag_days=60,
)
JUDICIAL = _monthly(
    "judicial",
    _required("dishonest", "flag"),
    _column("open_enforcement_fen", "fen"),
    _column("penalties", "count"),
    _column("penalty_severity", "choice", "none", "minor", "general", "serious"),
    lag_days=30,
)
PLATFORM = _monthly(
    "platform",
    _column("bids", "count"),
    _required("awards", "count"),
    _column("delivered", "count"),
    _column("overdue", "count"),
    _column("contract_fen", "fen"),
    _column("distinct_signers", "count"),
    _column("network_id", "hash"),
    _column("device_id", "hash"),
    _column("finance_officer_id", "hash"),
    lag_days=0,
)
EXCUSES = Feed(
    "excuses",
    (
        _key("uscc", "uscc"),
        _key("kind", "choice", *Excuse),
        _key("from_month", "month"),
        _required("to_month", "month"),
        _column("source", "text"),
        _column("month", "month"),
        _RECEIVED,
    ),
    key=("uscc", "kind", "from_month"),
)
MANIFEST = Feed(
    "manifest",
    (
        _key("feed", "text"),
        _key("month", "month"),
        _required("received_at", "instant"),
        _column("rows", "count"),
        _column("matched", "count"),
        _required("coverage", "share"),
        _required("ok", "flag"),
    ),
    key=("feed", "month"),
)

FEEDS: dict[str, Feed] = {
    feed.name: feed
    for feed in (
        TAX_FILING,
        INVOICES,
        SOCIAL_INSURANCE,
        HOUSING_FUND,
        REGISTRATION,
        PRACTITIONERS,
        UTILITIES,
        JUDICIAL,
        PLATFORM,
        EXCUSES,
        MANIFEST,
    )
}
