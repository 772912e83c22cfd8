"""One row of facts per firm from nine feeds, on the engine."""

import functools
import re
from collections.abc import Iterable, Mapping

import ibis
import ibis.expr.operations as ops
import ibis.expr.types as ir
import msgspec

from ratings.shells.clusters import cluster_sizes, neighbours, shared_pairs
from ratings.shells.dialects import QUOTES, compiled
from ratings.shells.facts import (
    EXCUSES,
    FIRST_INVOICES,
    MONTHLY,
    SHORT,
    TIES,
    Fact,
    coded,
    excused,
)
from ratings.shells.features import with_readings
from ratings.shells.masks import mask_of, newest
from ratings.shells.norms import MEASURES, NORMS, norm_queries, norms_of, with_norms
from ratings.shells.numbers import FRAME, Frame, with_numbers
from ratings.shells.policy import Policy
from ratings.shells.reducing import finished, merged, partial
from ratings.shells.shelf import Shelf, Unit
from ratings.signals.cells import (
    WINDOW,
    believed,
    feed_table,
    month_table,
)
from ratings.signals.contract import FEEDS, Excuse
from ratings.signals.engine import Tables, gone_months

# Facts that stay unknown for a firm without rows; every other one is 0 then.
_NULLABLE = ("latest", "list", "max")
CLUSTERS = ibis.table(
    {"uscc": "string", "ring": "int64", "cluster": "int64", "close_cluster": "int64"},
    name="cluster_sizes",
)


class Step(msgspec.Struct, frozen=True):
    """A table that is computed once, and the tables that nobody needs any more then."""

    name: str
    query: str
    spent: tuple[str, ...] = ()


class Recipe:
    """The queries of one method in one dialect, compiled once and run for every screen.

    `keep` is a step that is computed, `extend` one that is written down by itself and computed
    with the step that is made from it; it names nothing but what is new, so that hundreds of
    columns are not compiled again with every step.
    """

    def __init__(self, dialect: str, parts: Mapping[str, str] | None = None) -> None:
        self.dialect = dialect
        self.steps: list[Step] = []
        self.parts = dict(parts or {})

    def keep(self, name: str, expression: ir.Table) -> ir.Table:
        self.steps.append(Step(name, self.text(expression)))
        return ibis.table(expression.schema(), name=name)

    def start(self, expression: ir.Table) -> ir.Table:
        """A table that `extend` can go on from."""
        return self._part(self.text(expression), expression.schema())

    def extend(self, table: ir.Table, columns: dict[str, ir.Value]) -> ir.Table:
        new = ops.Project(table, columns).to_expr()
        text = f"SELECT *, {self.text(new).removeprefix('SELECT ')}"
        return self._part(text, ibis.schema({**table.schema(), **new.schema()}))

    def text(self, expression: ir.Table) -> str:
        text, quote = compiled(expression, self.dialect), QUOTES[self.dialect]
        for name, part in self.parts.items():
            text = text.replace(f"{quote}{name}{quote}", f"({part})")
        return text

    def _part(self, text: str, schema: ibis.Schema) -> ir.Table:
        name = f"part_{len(self.parts)}"
        self.parts[name] = text
        return ibis.table(schema, name=name)


def frame_of(tables: Tables, newest: int) -> Frame:
    gone = {
        feed: mask_of(
            month - (newest - WINDOW + 1) for month in gone_months(tables, FEEDS[feed], newest)
        )
        for feed in SHORT
    }
    return Frame(newest, gone)


def gathered(tables: Tables, frame: Frame, policy: Policy, shelf: Shelf | None = None) -> ir.Table:
    """Make the table `facts`, one row for every firm that any feed names in the window, with its
    neighbours and the size of its cluster, and the table of the norms firms are compared with.

    What the months before said may lie on a `shelf`; only the new ones are read then.
    """
    tables.register("frame", frame.table(policy))
    for feed in SHORT:
        tables.register(f"months_{feed}", month_table(frame.gone[feed], frame.newest))
    plan = planned(tables.dialect)
    taken = shelf.taken(tables, frame, plan.units) if shelf else {}
    _run(tables, (msgspec.structs.replace(one, **_instead(taken, one)) for one in plan.first))
    tables.register("cluster_sizes", cluster_sizes(tables.arrow(plan.bonds)))
    _run(tables, plan.second)
    tables.register("norms", norms_of(plan.norms, tables).table())
    tables.drop("measures")
    return plan.facts


def shelved(tables: Tables, newest: int, shelf: Shelf) -> None:
    """Put on the shelf what the feeds say so far of the window that ends with `newest`."""
    frame = frame_of(tables, newest)
    for feed in SHORT:
        tables.register(f"months_{feed}", month_table(frame.gone[feed], newest))
    shelf.keep(tables, frame, planned(tables.dialect).units)


def _instead(taken: Mapping[str, str], step: Step) -> dict[str, str]:
    return {"query": taken[step.name]} if step.name in taken else {}


def _run(tables: Tables, steps: Iterable[Step]) -> None:
    for step in steps:
        tables.keep(step.name, step.query)
        for name in step.spent:
            tables.drop(name)


def framed(table: ir.Table) -> ir.Table:
    """The table with what is the same for all of its rows."""
    return table.cross_join(FRAME)


class Plan(msgspec.Struct, frozen=True):
    """What `gathered` runs. `readings` is what any policy goes on from, made of `parts`; `firms`
    asks for the facts of firms with what the county says of each. `units` are those of the first
    steps that can go on from what a shelf has, by their names."""

    first: tuple[Step, ...]
    units: dict[str, Unit]
    bonds: str
    second: tuple[Step, ...]
    norms: dict[str, str]
    facts: ir.Table
    readings: ir.Table
    parts: dict[str, str]
    firms: str


@functools.cache
def planned(dialect: str) -> Plan:
    """All up to the readings of the features, which is the same for every policy."""
    recipe = Recipe(dialect)
    units: dict[str, Unit] = {}
    parts, ties = _parts(recipe, units)
    first = len(recipe.steps)
    county = recipe.keep("county", _county(ties))
    facts = recipe.keep("facts", _facts(county, parts))
    numbers = with_numbers(recipe.start(framed(facts)), recipe.extend)
    measures = recipe.keep("measures", numbers.select("uscc", "sector", *MEASURES))
    compared = recipe.start(with_norms(numbers))
    steps = _sparing(recipe.steps, facts.get_name())
    return Plan(
        first=steps[:first],
        units=units,
        bonds=recipe.text(shared_pairs(ties)),
        second=steps[first:],
        norms={name: recipe.text(query) for name, query in norm_queries(measures).items()},
        facts=facts,
        readings=with_readings(compared, recipe.extend),
        parts=recipe.parts,
        firms=recipe.text(compared.select(*facts.columns, *NORMS.names)),
    )


def _sparing(steps: Iterable[Step], kept: str) -> tuple[Step, ...]:
    """The steps, each of which drops what it is the last to read, but for `kept`: of a million
    firms some take a gigabyte."""
    names = {step.name for step in steps} - {kept}
    found: list[Step] = []
    for step in reversed(tuple(steps)):
        spent = names & set(re.findall(r'["`](\w+)["`]', step.query))
        names -= spent
        found.append(msgspec.structs.replace(step, spent=tuple(sorted(spent))))
    return tuple(reversed(found))


class Part(msgspec.Struct, frozen=True):
    """A table of words by firm, and the facts that lie in them."""

    table: ir.Table
    facts: tuple[Fact, ...]
    prefix: str

    @property
    def finished(self) -> ir.Table:
        return self.table.select("uscc", **finished(self.table, self.facts, self.prefix))


def _parts(recipe: Recipe, units: dict[str, Unit]) -> tuple[tuple[Part, ...], ir.Table]:
    """What each source says of every firm it names, and what the firms have that may tie them."""
    rows = {feed: coded(believed(FEEDS[feed]), feed) for feed in SHORT}

    def keep(
        name: str, table: ir.Table, facts: tuple[Fact, ...], prefix: str, feed: str = ""
    ) -> Part:
        """With a feed, all of it comes from the rows of this one, month by month."""
        begun = partial(table, facts, prefix)
        if feed:
            kept, fresh = (ibis.table(begun.schema(), name=f"{one}_{name}") for one in Unit.SIDES)
            both = merged(kept, fresh, facts, prefix)
            units[f"own_{name}"] = Unit(name, feed, recipe.text(begun), recipe.text(both))
        return Part(recipe.keep(f"own_{name}", begun), facts, prefix)

    own = {
        feed: keep(feed, rows[feed], facts, f"{SHORT[feed]}_", feed)
        for feed, facts in MONTHLY.items()
    }
    young = _young(rows["invoices"], own["registration"].finished)
    first = keep("first", young, FIRST_INVOICES, "invoices_")
    told = excused(framed(feed_table(FEEDS["excuses"])))
    excuses = keep("excuses", told, EXCUSES, "told_")
    named = [part.table.select("uscc") for part in own.values()]
    everyone = recipe.keep("everyone", ibis.union(*named).distinct())
    ties = recipe.keep("ties", _ties(everyone, rows, own, excuses))
    return (*own.values(), first, excuses), ties


def _county(ties: ir.Table) -> ir.Table:
    """(uscc, sector, neighbours, cluster, close_cluster) of every firm."""
    sized = ties.select("uscc", "sector").left_join(neighbours(ties), "uscc").drop("uscc_right")
    return sized.left_join(CLUSTERS, "uscc").drop("uscc_right", "ring")


def _facts(county: ir.Table, parts: Iterable[Part]) -> ir.Table:
    """One row for every firm of `county`, with all that `parts` say of it."""
    wide, columns = county, dict[str, ir.Value]()
    for part in parts:
        wide = wide.left_join(part.table, "uscc").drop("uscc_right")
    for part in parts:
        found = finished(wide, part.facts, part.prefix)
        for fact, value in zip(part.facts, found.values(), strict=True):
            known = value if fact.reduce in _NULLABLE else value.fill_null(0)
            columns[f"{part.prefix}{fact.name}"] = known
    # A firm that shares nothing is a cluster of one, if its register entry is known at all.
    none, known = ibis.null("int64"), columns["register_said"] != 0
    clusters = {
        name: known.ifelse(wide[name].fill_null(1), none) for name in ("cluster", "close_cluster")
    }
    return wide.select("uscc", "sector", "neighbours", **clusters, **columns)


def _young(invoices: ir.Table, register: ir.Table) -> ir.Table:
    """The invoices of firms established in the window, from their first month on."""
    firms = framed(register.select("uscc", established=register["register_established"]))
    firms = firms.mutate(born=firms["established"] - firms["oldest"])
    rows = invoices.join(firms.filter(firms["born"] >= 0).select("uscc", "born"), "uscc")
    return rows.filter(rows["place"] >= rows["born"])


def _ties(
    everyone: ir.Table, rows: Mapping[str, ir.Table], own: Mapping[str, Part], excuses: Part
) -> ir.Table:
    """(uscc, columns of TIES, sector) of every firm, from its latest entries. A hosted address, by
    the register or by an excuse, is nobody's own."""
    wide = everyone
    for feed, more in (("registration", ("sector", "address_hosted")), ("platform", ())):
        columns = *(name for name, of in TIES.items() if of == feed), *more
        latest = _latest(rows[feed], own[feed]).select("uscc", *columns)
        wide = wide.left_join(latest, "uscc").drop("uscc_right")
    told = excuses.finished
    held = told[f"told_{Excuse.HOSTED_ADDRESS.value}"] & (1 << (WINDOW - 1)) != 0
    wide = wide.left_join(told.select("uscc", told=held), "uscc").drop("uscc_right")
    hosted = wide["address_hosted"].fill_null(False) | wide["told"].fill_null(False)
    own_address = hosted.ifelse(ibis.null("string"), wide["address_id"])
    return wide.mutate(address_id=own_address).drop("address_hosted", "told")


def _latest(rows: ir.Table, part: Part) -> ir.Table:
    """The newest row of each firm. Nearly every firm has one in the newest month of all, so that
    of these no other month is read."""
    said = part.finished
    last = said.select(owner=said["uscc"], last=newest(said[f"{part.prefix}said"]))
    top = last["last"].max().as_scalar()
    now = rows.filter(rows["bit"] == top)
    older = last.filter(last["last"] < top)
    before = rows.join(older, [rows["uscc"] == older["owner"], rows["bit"] == older["last"]])
    return now.union(before.drop("owner", "last"))
