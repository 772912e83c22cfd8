"""Reading a submitted form, and showing it again with what was typed when it is refused."""

from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

from market.accounts.identity import Asking
from market.web import text
from market.web.render import locale_of
from ratings.ledger.clock import SHANGHAI
from ratings.ledger.errors import Fault, Refused, Stale, SteelyardError
from ratings.ledger.versions import Versions

_FEN_PER_YUAN = 100
# Their faults say “this”: each is read at its field, where it is marked, and nowhere else.
_MARKED = (
    "answer-invalid",
    "form-incomplete",
    "guide-invalid",
    "guide-unfinished",
    "item-invalid",
    "score-reason-missing",
)
Choice = TypeVar("Choice", bound=str)


class Form:
    """What was typed, by field name. Conversions gather their faults until `check()`.

    An empty optional field converts to None, or to 0 where the caller asked for a number that
    must be there: by then `check()` has refused the form.
    """

    def __init__(self, typed: Mapping[str, str]) -> None:
        self.typed = dict(typed)
        self._faults: list[Fault] = []

    def text(self, name: str) -> str:
        return self.typed.get(name, "").strip()

    def fault(self, name: str, code: str, message: str) -> None:
        self._faults.append(Fault("/" + name, code, message))

    def required(self, *names: str) -> None:
        for name in names:
            self._missing(name)

    def decimal(self, name: str) -> Decimal | None:
        """A number as people write it: thousands separators and full-width digits are fine."""
        typed = self.text(name).replace(",", "").replace("，", "")
        if not typed:
            return None
        try:
            value = Decimal(typed)
        except InvalidOperation:
            value = Decimal("NaN")
        if not value.is_finite():
            self.fault(name, "not-a-number", "This is not a number.")
            return None
        return value

    def whole(self, name: str) -> int:
        value = self.decimal(name)
        if value is None:
            self._missing(name)
            return 0
        if value != value.to_integral_value() or abs(value) >= 2**31:
            self.fault(name, "not-a-whole-number", "This is not a whole number.")
            return 0
        return int(value)

    def fen(self, name: str) -> int:
        """Yuan as typed, in fen; Refused below one fen."""
        value = self.decimal(name)
        if value is None:
            self._missing(name)
            return 0
        fen = value * _FEN_PER_YUAN
        if fen != fen.to_integral_value() or abs(fen) >= 2**62:
            self.fault(name, "not-an-amount", "An amount in yuan has at most two decimals.")
            return 0
        return int(fen)

    def day(self, name: str) -> date:
        try:
            return date.fromisoformat(self.text(name))
        except ValueError:
            if self.text(name):
                self.fault(name, "not-a-day", "Write the day as YYYY-MM-DD.")
            self._missing(name)
            return date.min

    def moment(self, name: str, hour: str) -> datetime:
        """A day and a time of day in two fields, both as the county's clocks show them."""
        day = self.day(name)
        try:
            moment = time.fromisoformat(self.text(hour) or "18:00")
        except ValueError:
            self.fault(hour, "not-a-time", "Write the time as HH:MM.")
            moment = time()
        return datetime.combine(max(day, date(1970, 1, 2)), moment, SHANGHAI)

    def versions(self, name: str) -> Versions:
        """The version that the page showed, in a hidden field; a form without it is of none."""
        typed = self.text(name)
        return frozenset({int(typed)} if typed.isdecimal() and len(typed) < 10 else ())

    def choice(self, name: str, first: Choice, *others: Choice) -> Choice:
        """One of the values the field offers; the first stands in for a fault."""
        found = {str(one): one for one in (first, *others)}.get(self.text(name))
        if found is None:
            self.fault(name, "missing", "Please choose.")
            return first
        return found

    def _missing(self, name: str) -> None:
        if not self.text(name):
            self.fault(name, "missing", "Please fill this in.")

    def check(self) -> None:
        """Refused when anything typed so far could not be understood."""
        if self._faults:
            raise Refused(
                "form-incomplete",
                "Please look at the marked fields again.",
                faults=tuple(self._faults),
            )


async def submitted(request: Asking) -> Form:
    """The text fields of the request's form; files are not among them."""
    form = await request.form()
    return Form({name: value for name, value in form.items() if isinstance(value, str)})


def refusal(
    request: Asking,
    error: SteelyardError | None,
    fields: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """`problem`, `faults` and `errors` for a template; `errors` is by field name. `overtaken` says
    that somebody else has changed the thing meanwhile.

    An error that names a `field` is marked there; `fields` says where one of another code belongs.
    """
    if error is None:
        return {"problem": "", "faults": (), "errors": {}, "overtaken": False}
    locale = locale_of(request)
    told = text.error_text(locale, error)
    errors = {_field(fault): text.fault_text(locale, fault) for fault in error.faults}
    place = (fields or {}).get(error.code, error.params.get("field"))
    if not error.faults and place is not None:
        errors[str(place)] = told
    return {
        "problem": told,
        "faults": tuple((fault.pointer, text.fault_text(locale, fault)) for fault in error.faults)
        if error.code not in _MARKED
        else (),
        "errors": errors,
        "overtaken": isinstance(error, Stale),
    }


def _field(fault: Fault) -> str:
    """`/tiers/0/price_fen` → `tiers-0-price_fen`, the name of an input."""
    return fault.pointer.strip("/").replace("/", "-")
