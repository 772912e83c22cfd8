"""Facts of all firms at once, as aggregates of the engine over the rows of a feed.

Every aggregate over tens of millions of rows costs a tenth of a second, so that facts of a few
bits share one: masks of months two by two, small latest values all together.
"""

import functools
import operator
from collections.abc import Iterable

import ibis.expr.types as ir
import msgspec

from ratings.shells.facts import LATEST_BITS, LATEST_MOST, Fact, Reducer
from ratings.shells.masks import bit_or, wide_sum

# A word that any engine holds as a positive 64-bit integer.
WORD_BITS = 63


class Word(msgspec.Struct, frozen=True):
    """One aggregate: a fact by itself, or several that lie beside each other in one integer."""

    name: str
    facts: tuple[Fact, ...]

    @property
    def reduce(self) -> Reducer:
        return self.facts[0].reduce

    def placed(self) -> Iterable[tuple[Fact, int]]:
        """The facts with the bit at which each begins."""
        begins = 0
        for fact in self.facts:
            yield fact, begins
            begins += fact.bits


def words_of(facts: tuple[Fact, ...]) -> tuple[Word, ...]:
    """The facts in words, of as many as fit, each in the first one that has room."""
    shared: list[list[Fact]] = []
    for fact in facts:
        room = {"or": WORD_BITS, "latest": LATEST_BITS}.get(fact.reduce, 0) if fact.bits else 0
        for word in shared:
            if (
                word[0].bits
                and word[0].reduce == fact.reduce
                and sum(one.bits for one in word) + fact.bits <= room
            ):
                word.append(fact)
                break
        else:
            shared.append([fact])
    return tuple(Word("_".join(one.name for one in word), tuple(word)) for word in shared)


def reduced(rows: ir.Table, facts: tuple[Fact, ...], prefix: str) -> ir.Table:
    """One row for each firm; the facts are named `prefix`name."""
    words = partial(rows, facts, prefix)
    return words.select("uscc", **finished(words, facts, prefix))


def partial(rows: ir.Table, facts: tuple[Fact, ...], prefix: str) -> ir.Table:
    """What some of the months say, in a form that `merged` can go on from: the words."""
    return rows.group_by("uscc").agg(
        **{f"{prefix}{word.name}": _aggregate(word, rows) for word in words_of(facts)}
    )


def merged(one: ir.Table, other: ir.Table, facts: tuple[Fact, ...], prefix: str) -> ir.Table:
    """Two tables of `partial`, by firm, of different months of one window: what all of these
    months say. In whatever order months are merged, the same comes out."""
    both = one.outer_join(other, "uscc")
    columns = {
        name: _together(word, both[name], both[f"{name}_right"])
        for word in words_of(facts)
        for name in (f"{prefix}{word.name}",)
    }
    return both.select(uscc=both["uscc"].coalesce(both["uscc_right"]), **columns)


def _together(word: Word, one: ir.Value, other: ir.Value) -> ir.Value:
    match word.reduce:
        case "or":
            return one.fill_null(0) | other.fill_null(0)
        case "sum":
            return one.fill_null(0) + other.fill_null(0)
        case "max" | "latest":
            return (one.isnull() | (other > one).fill_null(False)).ifelse(other, one)
        case "list":
            return one.isnull().ifelse(other, other.isnull().ifelse(one, one.concat(other)))


def finished(table: ir.Table, facts: tuple[Fact, ...], prefix: str) -> dict[str, ir.Value]:
    """The facts themselves, in their order, from a table that has their words: each by itself,
    the latest without its month, lists in order."""
    found: dict[str, ir.Value] = {}
    for word in words_of(facts):
        value = table[f"{prefix}{word.name}"]
        if word.reduce == "latest":
            value = value & LATEST_MOST
        elif word.reduce == "list":
            value = value.sort()
        for fact, begins in word.placed():
            alone = len(word.facts) == 1
            found[fact.name] = value if alone else (value >> begins) & ((1 << fact.bits) - 1)
    return {f"{prefix}{fact.name}": found[fact.name] for fact in facts}


def _aggregate(word: Word, rows: ir.Table) -> ir.Scalar:
    value = functools.reduce(
        operator.or_, (_at(fact.of(rows), begins) for fact, begins in word.placed())
    )
    match word.reduce:
        case "or":
            return bit_or(value.cast("int64")).cast("int64")
        case "sum":
            if value.type().is_floating():
                return value.sum()
            return wide_sum(value.cast("int64")).cast("int64")
        case "max":
            return value.max().cast("int64")
        case "list":
            return value.collect()
        case "latest":
            # Not least(): the engine would take the bound where the value is null.
            most = (value > LATEST_MOST).ifelse(LATEST_MOST, value.cast("int64"))
            return ((rows["place"] << LATEST_BITS) + most).max()


def _at(value: ir.Value, begins: int) -> ir.Value:
    """Moved up to the bit `begins`. Spark takes a small literal for an integer of 32 bits, whatever
    ibis says of it, so that what is narrow is widened first."""
    return value.cast("int32").cast("int64") << begins if begins else value
