"""`steelyard fee CODE …`: the reference fee of one standard, as JSON on standard output."""

from datetime import date, datetime
from decimal import Decimal, InvalidOperation

import click
import msgspec

from market.catalogue.fees import Estimate, Facts, FeeStandard, estimate
from market.catalogue.standards import in_force, shipped_versions
from ratings.ledger.clock import local_date, now
from ratings.ledger.errors import Refused, SteelyardError


class _Figure(click.ParamType[Decimal]):
    """A decimal number, kept exact."""

    name = "number"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Decimal:
        try:
            return Decimal(str(value))
        except InvalidOperation:
            self.fail(f"{value!r} is not a number", param, ctx)


_FIGURE = _Figure()


def find_standard(code: str, on: date) -> FeeStandard:
    """The shipped version in force on the day. Raises Refused with the codes there are."""
    standards = in_force(shipped_versions(), on)
    if code not in standards:
        raise Refused(
            "unknown-fee-standard",
            "Unknown fee standard {code}; accepted: {accepted}.",
            code=code,
            accepted=", ".join(standards),
        )
    return standards[code]


def as_json(found: Estimate) -> bytes:
    """The estimate as indented JSON; decimals are strings, so that none loses a digit."""
    return msgspec.json.format(msgspec.json.encode(found), indent=2)


@click.command()
@click.argument("code")
@click.option("--kind", help="Row of the standard; may be left out where there is only one.")
@click.option("--amount-wan", type=_FIGURE, help="Amount in 万元 (10,000 yuan).")
@click.option("--quantity", type=_FIGURE, help="Quantity in the unit of the kind.")
@click.option("--grade", help="Grade of difficulty, such as I, II, III.")
@click.option("--industry", help="Industry or profession; 1.0 if not given.")
@click.option("--complexity", help="Grade of complexity, or its factor; 1.0 if not given.")
@click.option("--sensitivity", help="Sensitivity of the surroundings; 1.0 if not given.")
@click.option("--scope", help="Part of the service, such as documents-only.")
@click.option("--stage", help="Stage of a property survey: final or pre-survey.")
@click.option("--ground", help="Kind of ground for mapping: built-up or ordinary.")
@click.option("--altitude-m", type=_FIGURE, help="Altitude of the site in metres.")
@click.option("--special-topics", type=int, default=0, help="Special topics of an EIA form.")
@click.option("--cut-add-wan", type=_FIGURE, help="Cuts and additions of a review in 万元.")
@click.option("--additional", type=_FIGURE, multiple=True, help="Additional factor; repeatable.")
@click.option("--extra", "extras", multiple=True, help="Other work charged on top; repeatable.")
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="Day of the quote.")
def fee(code: str, as_of: datetime | None, **facts: object) -> None:
    """Print the reference fee (参考测算) of the fee standard CODE with its workings."""
    day = local_date(now()) if as_of is None else as_of.date()
    asked = msgspec.convert(facts | {"as_of": day}, Facts)
    try:
        found = estimate(find_standard(code, day), asked)
    except SteelyardError as refusal:
        raise click.ClickException(str(refusal)) from refusal
    click.echo(as_json(found))
