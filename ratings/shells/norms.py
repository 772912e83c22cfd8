"""What is usual in the county: the fences that single firms are compared with.

A fence needs company. A sector (and a sector's size class) has its own where enough firms are
in it, else all firms together are the yardstick; with too few firms at all there is none, and
the feature is not read.
"""

from collections.abc import Mapping

import ibis
import ibis.expr.types as ir
import msgspec
import pyarrow as pa

from ratings.signals.engine import Tables

LEAST_FIRMS = 30
LOWEST_DUE_QUANTILE = 0.1
# Tukey's fence: beyond the upper quartile by so many spreads between the quartiles.
FENCE_SPREADS = 1.5
SIZES = (0, 1, 2, 3)
NORMS = pa.schema(
    {
        "norm_sales": pa.float64(),
        "norm_sales_spread": pa.float64(),
        "norm_power": pa.float64(),
        "norm_orders": pa.float64(),
        "norm_due": pa.float64(),
    }
)
# The numbers of a firm that norms are made of and compared with.
MEASURES = ("known", "size", "per_head", "orders", "due_each", "power_median")
Pair = tuple[float, float]


class Norms(msgspec.Struct, frozen=True):
    """`sales` is the median and the median distance from it of log sales a head, by sector;
    `power` the median of a month's kWh by size class and sector, where the sector None stands
    for all firms. `orders` is the upper fence of awards a head, `due` what
    the lowest contributions a head are, in fen. None where too few firms are known."""

    sectors: tuple[str, ...]
    sales: dict[str | None, Pair]
    power: dict[tuple[str | None, int], float]
    orders: float | None
    due: float | None

    def of(self, sector: str | None, size: int | None) -> dict[str, float | None]:
        """The columns of NORMS for a firm of this sector and size class."""
        sales = self.sales.get(sector, self.sales.get(None, (None, None)))
        power = self.power.get(
            (sector, -1 if size is None else size),
            self.power.get((None, -1 if size is None else size)),
        )
        values = (*sales, power, self.orders, self.due)
        return dict(zip(NORMS.names, values, strict=True))

    def table(self) -> pa.Table:
        """One row for each sector and size class, "" and -1 where either is not known."""
        keys = [(sector, size) for sector in ("", *self.sectors) for size in (-1, *SIZES)]
        rows = [
            {"norm_sector": sector, "norm_size": size}
            | self.of(sector or None, None if size < 0 else size)
            for sector, size in keys
        ]
        columns = [pa.field("norm_sector", pa.string()), pa.field("norm_size", pa.int64()), *NORMS]
        return pa.Table.from_pylist(rows, pa.schema(columns))


def norm_queries(measures: ir.Table) -> dict[str, ir.Table]:
    """What `norms_of` asks for, of a table of uscc, sector and MEASURES."""
    known = measures.filter(measures["known"] != 0)
    whole = known.aggregate(
        payers=known["due_each"].count(),
        due=known["due_each"].quantile(LOWEST_DUE_QUANTILE),
        winners=known["orders"].count(),
        lower=known["orders"].quantile(0.25),
        upper=known["orders"].quantile(0.75),
    )
    everyone = known.mutate(sector=ibis.null("string"))
    return {
        "sectors": known.filter(known["sector"].notnull()).select("sector").distinct(),
        "whole": whole,
        "sales": ibis.union(_sales(known), _sales(everyone)),
        "power": ibis.union(_power(known), _power(everyone)),
    }


def norms_of(queries: Mapping[str, str], tables: Tables) -> Norms:
    """The norms of the firms that the register knows, by the texts of `norm_queries`."""
    (whole,) = tables.rows(queries["whole"])
    orders = None
    if whole["winners"] >= LEAST_FIRMS:
        orders = whole["upper"] + FENCE_SPREADS * (whole["upper"] - whole["lower"])
    return Norms(
        sectors=tuple(sorted(row["sector"] for row in tables.rows(queries["sectors"]))),
        sales={
            row["group"] or None: (row["middle"], row["spread"])
            for row in tables.rows(queries["sales"])
        },
        power={
            (row["sector"], row["size"]): row["middle"] for row in tables.rows(queries["power"])
        },
        orders=orders,
        due=whole["due"] if whole["payers"] >= LEAST_FIRMS else None,
    )


def _sales(known: ir.Table) -> ir.Table:
    known = known.filter(known["per_head"].notnull())
    known = known.select("per_head", group=known["sector"].fill_null(""))
    middles = known.group_by(own="group").agg(
        firms=known.count(), middle=known["per_head"].median()
    )
    middles = middles.filter(middles["firms"] >= LEAST_FIRMS)
    both = known.join(middles, [known["group"] == middles["own"]])
    away = both.select("group", "middle", away=(both["per_head"] - both["middle"]).abs())
    return away.group_by("group").agg(middle=away["middle"].max(), spread=away["away"].median())


def _power(known: ir.Table) -> ir.Table:
    known = known.filter(known["power_median"].notnull() & known["size"].notnull())
    groups = known.group_by("sector", "size").agg(
        firms=known.count(),
        middle=known["power_median"].median(),
    )
    return groups.filter(groups["firms"] >= LEAST_FIRMS)


def with_norms(measures: ir.Table) -> ir.Table:
    """`measures` with the columns NORMS from the registered table of `Norms.table`."""
    keys = pa.schema({"norm_sector": pa.string(), "norm_size": pa.int64()})
    norms = ibis.table(ibis.schema(pa.schema([*keys, *NORMS])), name="norms")
    joined = measures.left_join(
        norms,
        [
            measures["sector"].fill_null("") == norms["norm_sector"],
            measures["size"].fill_null(-1) == norms["norm_size"],
        ],
    )
    return joined.drop("norm_sector", "norm_size")
