"""What goes wrong on the way from a firm to the centre: gaps, corrections, errors, lost batches."""

import datetime as dt

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ratings.shells.simulator.feeds import View
from ratings.shells.simulator.population import CIRCUMSTANCES, DISPATCH, DORMANT, INCUBATOR, SOLE
from ratings.signals.cells import month_end, month_text
from ratings.signals.contract import FEEDS, Excuse

# The offices that keep a register of their own seldom lose a whole firm.
FIRM_GAPS = {"registration": 0.2, "judicial": 0.5, "platform": 0.0}
CELL_GAPS = {"registration": 0.5, "judicial": 0.5, "platform": 0.0}
TEN_THOUSAND = 10_000
AMOUNTS = {"tax_filing": "sales_fen", "invoices": "out_fen", "platform": "contract_fen"}
NAME_ONLY = "某某咨询有限公司"


class Noise(msgspec.Struct, frozen=True):
    """`gone` and `late` hold, by feed, the places of months that no firm has a row for."""

    view: View
    months: int
    gone: dict[str, frozenset[int]]
    late: dict[str, frozenset[int]]

    def present(self, name: str, expected: np.ndarray) -> np.ndarray:
        """The firm-months whose row arrives."""
        of, random = self.view.county.of, self.view.random
        firm = random.random((len(expected), 1)) < of["missing_feed"] * FIRM_GAPS.get(name, 1.0)
        cell = random.random(expected.shape) < of["missing_month"] * CELL_GAPS.get(name, 1.0)
        present: np.ndarray = expected & ~firm & ~cell
        absent = [*self.gone.get(name, ()), *self.late[name]]
        present[:, [place for place in absent if 0 <= place < self.months]] = False
        return present


def spoil(view: View, name: str, table: pa.Table) -> pa.Table:
    """The table with units mistaken, rows sent twice, first words before corrections, names."""
    of, random = view.county.of, view.random
    if name in AMOUNTS:
        table = _mistaken(view, table, AMOUNTS[name], of["unit_error"])
    added = [table]
    if name == "tax_filing":
        added.append(_first_words(view, table))
    added.append(table.filter(random.random(table.num_rows) < of["duplicates"]))
    nameless = table.filter(random.random(table.num_rows) < of["name_only"])
    names = pa.array([NAME_ONLY] * nameless.num_rows, pa.string())
    nameless = nameless.set_column(0, "uscc", names)
    return pa.concat_tables([*added, nameless])


def _mistaken(view: View, table: pa.Table, column: str, share: float) -> pa.Table:
    """Some firms' amounts in one month are ten thousand times too large: yuan read as 万元."""
    hit = view.random.random(table.num_rows) < share / 12
    values = table[column].to_numpy()
    place = table.schema.get_field_index(column)
    return table.set_column(
        place, column, pa.array(np.where(hit, values * TEN_THOUSAND, values), pa.int64())
    )


def _first_words(view: View, table: pa.Table) -> pa.Table:
    """A return that came late was OVERDUE when it was first reported; the later row corrects it."""
    late = view.random.random(table.num_rows) < view.county.of["late_filing"] * 0.5
    filed = pc.is_in(table["state"], pa.array(["POS", "ZERO"])).to_numpy(False)
    first = table.filter(late & filed)
    received = first["received_at"].combine_chunks().cast(pa.int64()).to_numpy()
    earlier = pa.array(received - 10 * 86_400_000_000, pa.int64()).cast(
        pa.timestamp("us", tz="UTC")
    )
    zero = np.zeros(first.num_rows, np.int64)
    replaced = {
        "state": pa.array(["OVERDUE"] * first.num_rows, pa.string()),
        "filed_on": pa.nulls(first.num_rows, table.schema.field("filed_on").type),
        "sales_fen": pa.array(zero),
        "tax_fen": pa.array(zero),
        "received_at": earlier,
    }
    for column, values in replaced.items():
        first = first.set_column(first.schema.get_field_index(column), column, values)
    return first


def excuse_rows(view: View, months: int) -> pa.Table:
    """The excuses on record: most that are true, and a few that are not."""
    people = view.people
    kinds = np.full(len(people.uscc), "", dtype="U20")
    for archetype, kind in (
        (SOLE, Excuse.SOLE_PRACTITIONER),
        (DISPATCH, Excuse.LABOUR_DISPATCH),
        (DORMANT, Excuse.REGISTERED_CLOSURE),
        (INCUBATOR, Excuse.HOSTED_ADDRESS),
    ):
        kinds[people.archetype == archetype] = kind
    named = people.circumstance > 0
    kinds[named] = np.array(CIRCUMSTANCES)[people.circumstance][named]
    kinds[~people.recorded] = ""
    false = people.shell & (view.per_firm() < view.county.of["false_excuse"])
    kinds[false] = Excuse.LABOUR_DISPATCH
    rows = np.flatnonzero(kinds)
    limited = np.isin(kinds[rows], [Excuse.RETIREES_INTERNS, Excuse.GROUP_PAYROLL])
    start = np.where(limited, months - 12, np.maximum(people.established[rows], 0))
    closure = kinds[rows] == Excuse.REGISTERED_CLOSURE
    start = np.where(closure, people.closed[rows], start)
    return _contract(
        "excuses",
        {
            "uscc": people.uscc[rows],
            "kind": kinds[rows],
            "from_month": pa.array(
                [month_text(view.first + int(place)) for place in start], pa.string()
            ),
            "to_month": pa.nulls(len(rows), pa.string()),
            "source": np.where(false[rows], "contract", "statement"),
        },
    )


def manifest_rows(
    first: int,
    counts: dict[str, np.ndarray],
    gone: dict[str, frozenset[int]],
    late: dict[str, frozenset[int]],
    *,
    empty: bool,
) -> pa.Table:
    """What each connector says of its batches: rows, and the share of firms they cover."""
    rows: list[dict[str, object]] = []
    for name, (expected, present) in counts.items() if not empty else ():
        for place in range(len(expected)):
            if place in late[name]:
                continue
            lost = place in gone.get(name, ())
            received = month_end(first + place) + dt.timedelta(days=FEEDS[name].lag_days)
            rows.append(
                {
                    "feed": name,
                    "month": month_text(first + place),
                    "received_at": dt.datetime.combine(received, dt.time(12), dt.UTC),
                    "rows": int(present[place]),
                    "matched": int(present[place]),
                    "coverage": round(float(present[place] / max(1, expected[place])), 4),
                    "ok": not lost,
                }
            )
    names = ("feed", "month", "received_at", "rows", "matched", "coverage", "ok")
    kinds = (
        pa.string(),
        pa.string(),
        pa.timestamp("us", tz="UTC"),
        pa.int64(),
        pa.int64(),
        pa.float64(),
        pa.bool_(),
    )
    return pa.Table.from_pylist(rows, pa.schema(list(zip(names, kinds, strict=True))))


def _contract(name: str, columns: dict[str, object]) -> pa.Table:
    order = [one.name for one in FEEDS[name].columns if one.name in columns]
    return pa.table({one: columns[one] for one in order})
