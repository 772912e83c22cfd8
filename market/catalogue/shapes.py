"""The shapes a fee table has in the published standards: data, read from a standard's file.

Bands exclude their lower limit and include their upper.
"""

from decimal import Decimal

import msgspec

from market.catalogue.workings import RateUnit


class Shape(msgspec.Struct, frozen=True, tag_field="method", forbid_unknown_fields=True):
    """Root of the methods; the file names the shape in `method`."""


class Progressive(Shape, frozen=True, tag="progressive"):
    """差额定率累进: each part of the figure at the rate of its own band, summed.

    `bands` are (upper limit, rate); `above` is the rate beyond the last limit. `lump` is
    (upper limit, sum) where the document prints one sum for everything up to a limit.
    """

    bands: tuple[tuple[Decimal, Decimal], ...]
    above: Decimal | None = None
    rate_unit: RateUnit = "percent"
    lump: tuple[Decimal, Decimal] | None = None


class Outside(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What holds below or above the points of a table: exactly one of the four.

    `rate`: percent of the whole figure. `flat`: one sum; with `open` the document prints it
    as a minimum ("7 以上"). `range`: a band without a far end; its upper figure is the base.
    `at_zero`: the value at 0, from which the line runs to the first point. `practice` marks
    a rule that is custom and not in the document.
    """

    rate: Decimal | None = None
    flat: Decimal | None = None
    open: bool = False
    range: tuple[Decimal, Decimal] | None = None
    at_zero: Decimal | None = None
    practice: bool = False


class Interpolation(Shape, frozen=True, tag="interpolation"):
    """直线内插法: straight lines between (figure, fee) points."""

    points: tuple[tuple[Decimal, Decimal], ...]
    below: Outside | None = None
    above: Outside | None = None


class Negotiation(Shape, frozen=True, tag="negotiation"):
    """A range to agree on within each band: (upper limit, low, high). There is no base."""

    bands: tuple[tuple[Decimal, Decimal, Decimal], ...]
    above: tuple[Decimal, Decimal] | None = None


class Ceiling(Shape, frozen=True, tag="ceiling"):
    """At most this rate of the figure; nothing is said about a least fee."""

    rate: Decimal
    rate_unit: RateUnit


class UnitPrice(Shape, frozen=True, tag="unit-price"):
    """Price in yuan × quantity. `prices` by grade, mildest grade first; a row with one price
    has the grade `-`. A quantity below `at_least` counts as `at_least`. With `whole_job` the price
    is that of the whole job, whatever its quantity."""

    prices: dict[str, Decimal]
    at_least: Decimal | None = None
    whole_job: bool = False


class Missing(Shape, frozen=True, tag="missing"):
    """A row the document has and we could not find: it is shown as missing, never guessed."""


Method = Progressive | Interpolation | Negotiation | Ceiling | UnitPrice | Missing
