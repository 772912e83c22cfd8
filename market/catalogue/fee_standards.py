"""What a fee standard and the facts of a project are made of."""

from datetime import date
from decimal import Decimal
from typing import Literal

import msgspec

from market.catalogue.factors import Factor
from market.catalogue.shapes import Method
from ratings.ledger.errors import Bilingual, Refused

# Ten trillion yuan and eight places: beyond any project, and small enough to stay exact cheaply.
_MOST = Decimal(10) ** 9
_PLACES = -8


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a project. Amounts in 万元, quantities in the unit of the kind."""

    kind: str | None = None
    amount_wan: Decimal | None = None
    quantity: Decimal | None = None
    grade: str | None = None
    industry: str | None = None
    complexity: str | None = None
    sensitivity: str | None = None
    scope: str | None = None
    stage: str | None = None
    ground: str | None = None
    altitude_m: Decimal | None = None
    special_topics: int = 0
    cut_add_wan: Decimal | None = None
    additional: tuple[Decimal, ...] = ()
    extras: tuple[str, ...] = ()
    as_of: date | None = None


class FeeKind(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One row or column of a standard. `driver` says which fact the table is read with.

    `cut_add` is (threshold, rate), both percent: a review also earns the rate of what its cuts
    and additions exceed the threshold of the amount by.
    """

    name_zh: str
    name_en: str
    driver: Literal["amount", "quantity"] = "amount"
    figure_zh: str
    figure_en: str
    table: Method
    cap_wan: Decimal | None = None
    topic_percent: Decimal | None = None
    cut_add: tuple[Decimal, Decimal] | None = None
    note_zh: str = ""
    note_en: str = ""


class FeeStandard(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A published document as data; `load_fee_standards` reads and checks it.

    `mark` says how well the figures are founded: F published, F-u an unofficial copy,
    M general knowledge, C computed. `dates_mark` says the same of the dates. `market_since` is the
    day from which the market sets the price and the document is reference only. A later version
    of the same code ends an earlier one, also where that has no `valid_to`.
    """

    code: str
    document: str
    amended_by: tuple[str, ...] = ()
    title_zh: str
    title_en: str
    issued_on: date
    valid_from: date
    valid_to: date | None = None
    dates_mark: str
    status: Literal["reference"] = "reference"
    status_zh: str
    status_en: str
    market_since: date | None = None
    mark: str
    kinds: dict[str, FeeKind]
    factors: tuple[Factor, ...] = ()
    additional_factors: bool = False
    extras: tuple[tuple[str, str, str, Decimal], ...] = ()
    float_percent: Decimal | None = None
    notes_zh: tuple[str, ...] = ()
    notes_en: tuple[str, ...] = ()


def checked_figure(field: str, figure: Decimal, label: Bilingual | None = None) -> Decimal:
    """The figure itself, or Refused where no project could have it.

    `field` is its name for programs, `label` that for people, where it has one.
    """
    exponent = figure.as_tuple().exponent
    if not isinstance(exponent, int) or not 0 <= figure <= _MOST or exponent < _PLACES:
        raise Refused(
            "impossible-figure",
            "{label} must be a number from 0 to {most} with at most {places} decimal places; "
            "{figure} is not.",
            field=field,
            label=label or field,
            most=f"{_MOST:,f}",
            places=-_PLACES,
            figure=str(figure),
        )
    return figure
