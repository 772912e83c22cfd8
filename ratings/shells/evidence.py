"""What the scorecard may know about an agency: readings, coverage and excuses."""

import msgspec


class Reading(msgspec.Struct, frozen=True):
    """One feature of one agency, read two ways.

    `value` is the formula over the months that are known. `certain` is the same in the best
    case of the months that are not, and evidence is taken from this one: a month nobody
    delivered can only speak for the firm. `months` is the mask of the months read.
    """

    value: float
    certain: float
    months: int


class Coverage(msgspec.Struct, frozen=True):
    """Masks of one class: months known, months the source normally has not sent yet, and
    those of the known months that it spoke about itself, rather than an excuse for it."""

    covered: int
    late: int
    heard: int


class Evidence(msgspec.Struct, frozen=True):
    """A feature that could not be read is not in `readings`; `excuses` maps kind to months."""

    uscc: str
    readings: dict[str, Reading]
    coverage: dict[str, Coverage]
    excuses: dict[str, int]
