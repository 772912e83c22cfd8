"""A whole column at once: what is plainly right is converted by Arrow, the rest is explained.

`plain` marks, for each kind, values that are right beyond doubt; only what it leaves over is read
one distinct value at a time by `read_value`, which stays the one judge of what a value means. A
column of a million right values therefore costs no loop, and both ways agree by construction as
long as every plain value converts to what `read_value` makes of it (a property test says so).
"""

from collections.abc import Callable

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ratings.ledger.text import N_
from ratings.ledger.uscc import ALPHABET, WEIGHTS
from ratings.signals.contract import Column, Kind
from ratings.signals.identifiers import keyed_hash
from ratings.signals.values import Unreadable, Value, read_value

TYPES: dict[Kind, pa.DataType] = {
    "uscc": pa.string(),
    "month": pa.string(),
    "date": pa.date32(),
    "instant": pa.timestamp("us", tz="UTC"),
    "count": pa.int64(),
    "fen": pa.int64(),
    "amount": pa.float64(),
    "share": pa.float64(),
    "flag": pa.bool_(),
    "choice": pa.string(),
    "text": pa.string(),
    "hash": pa.string(),
}
EMPTY = N_("Column {column} is empty; without it the row says nothing.")
# Eighteen digits are what a text of the contract may have, and what 64 bits hold.
_MOST = 10**18
# Above this a floating-point number no longer holds every integer.
_EXACT = float(2**53)
_TEXTS = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
_HASHED = r"^[0-9a-f]{64}$"
# What might be a telephone or identity number is left for `read_value` to judge.
_PERHAPS_CLEAR = r"^(86)?1[3-9][0-9]{9}$|^[0-9]{17}[0-9Xx]$"
_PLAIN_TEXTS: dict[Kind, str] = {
    "month": r"^(19|20)[0-9]{2}-(0[1-9]|1[0-2])$",
    "count": r"^[0-9]{1,18}$",
    "fen": r"^[0-9]{1,18}$",
    "amount": r"^[0-9]{1,15}(\.[0-9]{1,15})?$",
    # With 1 only when nothing follows it: everything this matches lies between 0 and 1.
    "share": r"^(0(\.[0-9]{1,17})?|1)$",
    "hash": r"^[0-9A-Za-z_]{1,200}$",
}


class Read(msgspec.Struct, frozen=True):
    """`values` has the type of the contract and null where `wrong` is true."""

    values: pa.Array
    wrong: pa.Array
    problems: dict[int, Unreadable]
    """By place in the column; only of those that are wrong."""
    texts: dict[int, str]
    """What stood there, for the same places."""


def read_column(column: Column, raw: pa.Array, key: bytes | None = None) -> Read:
    """The values of one column as the contract types them, and what is wrong with the others.

    `raw` holds text, or numbers and dates as Parquet types them. With `key` a personal identifier
    in the clear is replaced by its keyed hash instead of being wrong.
    """
    raw = settled(raw)
    values, plain = _plainly(column, raw, hashing=key is not None)
    empty = pc.is_null(raw)
    open_places = pc.indices_nonzero(pc.invert(pc.or_(plain, empty)))
    problems: dict[int, Unreadable] = {}
    texts: dict[int, str] = {}
    if column.key and raw.null_count:
        for place in pc.indices_nonzero(empty).to_pylist():
            problems[place] = Unreadable("empty", EMPTY)
            texts[place] = ""
    if len(open_places):
        found, wrong_ones, read_texts = _one_by_one(column, raw.take(open_places), key)
        places = open_places.to_pylist()
        for place, problem in wrong_ones.items():
            problems[places[place]] = problem
            texts[places[place]] = read_texts[place]
        values = pc.replace_with_mask(values, pc.invert(pc.or_(plain, empty)), found)
    wrong = np.zeros(len(raw), dtype=bool)
    wrong[list(problems)] = True
    return Read(values, pa.array(wrong), problems, texts)


def settled(raw: pa.Array) -> pa.Array:
    """Without dictionaries and other ways to store the same; trimmed, and gaps as nulls."""
    if isinstance(raw, pa.ChunkedArray):
        raw = raw.combine_chunks()
    if pa.types.is_dictionary(raw.type):
        raw = raw.dictionary_decode()
    if pa.types.is_null(raw.type):
        return raw.cast(pa.string())
    if pa.types.is_floating(raw.type):
        # Data frames write a gap in a number column as NaN; it is a gap all the same.
        return pc.if_else(pc.is_nan(raw), pa.scalar(None, raw.type), raw)
    if not any(is_text(raw.type) for is_text in _TEXTS):
        return raw
    text = raw.cast(pa.string())
    trimmed = pc.utf8_trim_whitespace(text)
    absent = pc.is_in(trimmed, pa.array(["", "nan", "NaN", "NaT"]))
    return pc.if_else(absent, pa.scalar(None, pa.string()), trimmed)


def as_text(raw: pa.Array) -> pa.Array:
    """What a person would have written, for the sentence about it."""
    return raw.cast(pa.string())


def _plainly(column: Column, raw: pa.Array, *, hashing: bool) -> tuple[pa.Array, pa.Array]:
    """The values that are right beyond doubt, converted, and where they stand."""
    kind, wanted = column.kind, TYPES[column.kind]
    if pa.types.is_string(raw.type):
        plain = _plain_text(column, raw, hashing=hashing)
        good = pc.if_else(plain, raw, pa.scalar(None, pa.string()))
        if kind == "uscc":
            return pc.ascii_upper(good), plain
        return good.cast(wanted), plain
    test = _PLAIN_TYPED.get(kind)
    plain = _nothing(raw) if test is None else pc.fill_null(test(raw), False)
    good = pc.if_else(plain, raw, pa.scalar(None, raw.type))
    if pc.any(plain).as_py():
        if pa.types.is_timestamp(raw.type) and kind == "instant" and raw.type.tz is None:
            return good.cast(pa.timestamp("us"), safe=False).cast(wanted), plain
        return good.cast(wanted, safe=False), plain
    return pa.nulls(len(raw), wanted), plain


def _nothing(raw: pa.Array) -> pa.Array:
    return pa.array(np.zeros(len(raw), dtype=bool))


def _plain_text(column: Column, raw: pa.Array, *, hashing: bool) -> pa.Array:
    kind = column.kind
    if kind == "uscc":
        return plain_codes(raw)
    if kind == "choice":
        test = pc.is_in(raw, pa.array(column.choices))
    elif kind == "text":
        test = pc.is_valid(raw)
    elif kind == "hash" and hashing:
        test = pc.match_substring_regex(raw, _HASHED)
    elif kind == "hash":
        test = pc.and_(
            pc.match_substring_regex(raw, _PLAIN_TEXTS[kind]),
            pc.invert(pc.match_substring_regex(raw, _PERHAPS_CLEAR)),
        )
    elif kind in _PLAIN_TEXTS:
        test = pc.match_substring_regex(raw, _PLAIN_TEXTS[kind])
    else:
        # Few days, flags and instants repeat over many rows: each distinct one is read once.
        return _nothing(raw)
    return pc.fill_null(test, False)


def _whole(raw: pa.Array) -> pa.Array:
    if pa.types.is_integer(raw.type):
        most = pa.scalar(_MOST, pa.uint64() if pa.types.is_uint64(raw.type) else pa.int64())
        return pc.and_(pc.greater_equal(raw, pa.scalar(0, raw.type)), pc.less(raw, most))
    if pa.types.is_floating(raw.type):
        return pc.and_(
            pc.and_(pc.greater_equal(raw, 0.0), pc.less(raw, _EXACT)),
            pc.equal(pc.floor(raw), raw),
        )
    return _nothing(raw)


def _amount(raw: pa.Array) -> pa.Array:
    if pa.types.is_integer(raw.type):
        return _whole(raw)
    if pa.types.is_floating(raw.type):
        return pc.and_(pc.is_finite(raw), pc.greater_equal(raw, 0.0))
    return _nothing(raw)


def _share(raw: pa.Array) -> pa.Array:
    return pc.and_(_amount(raw), pc.less_equal(raw, 1)) if _number(raw) else _nothing(raw)


def _flag(raw: pa.Array) -> pa.Array:
    if pa.types.is_boolean(raw.type):
        return pc.is_valid(raw)
    return pc.is_in(raw, pa.array([0, 1]).cast(raw.type)) if _number(raw) else _nothing(raw)


def _number(raw: pa.Array) -> bool:
    return bool(pa.types.is_integer(raw.type) or pa.types.is_floating(raw.type))


def _day(raw: pa.Array) -> pa.Array:
    if pa.types.is_date(raw.type):
        return pc.is_valid(raw)
    if pa.types.is_timestamp(raw.type) and raw.type.tz is None:
        return pc.equal(raw, pc.floor_temporal(raw, unit="day"))
    return _nothing(raw)


def _instant(raw: pa.Array) -> pa.Array:
    return pc.is_valid(raw) if pa.types.is_timestamp(raw.type) else _nothing(raw)


_PLAIN_TYPED: dict[Kind, Callable[[pa.Array], pa.Array]] = {
    "count": _whole,
    "fen": _whole,
    "amount": _amount,
    "share": _share,
    "flag": _flag,
    "date": _day,
    "instant": _instant,
}

_WEIGHTS = np.array([*WEIGHTS, 0], dtype=np.int32)
_WORTH = np.full(256, 255, dtype=np.uint8)
for _place, _character in enumerate(ALPHABET):
    _WORTH[ord(_character)] = _WORTH[ord(_character.lower())] = _place


def plain_codes(raw: pa.Array) -> pa.Array:
    """Where a text is a unified social credit code with its right check character (GB 32100).

    Eighteen bytes of each are looked up and weighed at once; a region has digits only.
    """
    right = np.zeros(len(raw), dtype=bool)
    long_enough = pc.fill_null(pc.equal(pc.binary_length(raw), 18), False)
    places = np.flatnonzero(long_enough.to_numpy(zero_copy_only=False))
    if len(places):
        packed = raw.filter(long_enough).cast(pa.binary()).cast(pa.binary(18))
        start = packed.offset * 18
        letters = np.frombuffer(packed.buffers()[1], dtype=np.uint8)
        worth = _WORTH[letters[start : start + 18 * len(packed)]].reshape(-1, 18)
        known = (worth < len(ALPHABET)).all(axis=1) & (worth[:, 2:8] < 10).all(axis=1)
        total = worth.astype(np.int32) @ _WEIGHTS
        right[places] = known & ((31 - total % 31) % 31 == worth[:, 17])
    return pa.array(right)


def _one_by_one(
    column: Column, raw: pa.Array, key: bytes | None
) -> tuple[pa.Array, dict[int, Unreadable], dict[int, str]]:
    """What is not plain, each distinct text read once."""
    encoded = as_text(raw).dictionary_encode()
    distinct: list[str] = encoded.dictionary.to_pylist()
    values: list[Value | None] = []
    bad: dict[int, Unreadable] = {}
    for place, text in enumerate(distinct):
        try:
            values.append(_entered(column, text, key))
        except Unreadable as problem:
            bad[place] = problem
            values.append(None)
    found = pa.array(values, TYPES[column.kind]).take(encoded.indices)
    if not bad:
        return found, {}, {}
    wrong = pc.is_in(encoded.indices, pa.array(list(bad), encoded.indices.type))
    places = pc.indices_nonzero(wrong).to_pylist()
    of = encoded.indices.filter(wrong).to_pylist()
    return (
        found,
        {place: bad[which] for place, which in zip(places, of, strict=True)},
        {place: distinct[which] for place, which in zip(places, of, strict=True)},
    )


def _entered(column: Column, text: str, key: bytes | None) -> Value:
    """The value, with a person's identifier hashed where the office asked us to do it."""
    if column.kind == "hash" and key is not None:
        hashed = pc.match_substring_regex(pa.scalar(text), _HASHED).as_py()
        return text if hashed else keyed_hash(key, text)
    return read_value(column, text)
