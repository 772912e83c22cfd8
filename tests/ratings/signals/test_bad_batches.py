"""Twenty kinds of bad batches: each is refused, set aside, held or harmless, and says why."""

import io
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter
from obstore.store import LocalStore

from ratings.ledger.actors import Actor, Role
from ratings.ledger.database import fetchval
from ratings.ledger.errors import SteelyardError
from ratings.shells.actions import take_in_and_screen
from ratings.signals import raw_tables, reading
from ratings.signals.actions import Receipt, take_in
from ratings.signals.contract import FEEDS
from ratings.signals.queries import unmatched_rows
from ratings.signals.rules import BatchState
from tests.conftest import make_uscc

AT = datetime(2026, 7, 20, 2, tzinfo=UTC)
A, B = make_uscc(1), make_uscc(2)
TYPO = A[:-1] + ("0" if A[-1] != "0" else "1")
FEED = "social_insurance"
HEAD = "uscc,month,insured\n"


def actor(days: float = 0) -> Actor:
    return Actor(role=Role.CENTRE, at=AT + timedelta(days=days), person=str(uuid.uuid4()))


def parquet(**columns: object) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out)
    return out.getvalue()


def excel(*rows: tuple[object, ...]) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        sheet = book.add_worksheet()
        for place, row in enumerate(rows):
            sheet.write_row(place, 0, row)
    return out.getvalue()


def far_away() -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ("uscc", "month", "insured"))
        sheet.write(1_048_575, 16_383, "x")
    return out.getvalue()


def stored(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def months(count: int) -> list[str]:
    return [f"{1990 + number // 12}-{number % 12 + 1:02d}" for number in range(count)]


class Refusal(NamedTuple):
    """A batch of which nothing is kept."""

    code: str
    file: str
    content: bytes
    words: str


REFUSED = [
    Refusal("feed-empty", "a.csv", b" \n", "header row"),
    Refusal("feed-no-columns", "a.xlsx", excel(), "no columns"),
    Refusal("feed-no-rows", "a.csv", HEAD.encode(), "says nothing"),
    Refusal("feed-no-rows", "a.xlsx", excel(("uscc", "month", "insured")), "says nothing"),
    Refusal(
        "feed-no-rows",
        "a.parquet",
        parquet(**{name: pa.array([], pa.string()) for name in ("uscc", "month", "insured")}),
        "says nothing",
    ),
    Refusal("feed-format", "a.ods", b"x", r"\.csv, \.parquet, \.xlsx"),
    Refusal("feed-encoding", "a.csv", HEAD.encode() + "张".encode("gb18030") + b",x,1\n", "line 2"),
    Refusal("feed-csv", "a.csv", HEAD.encode() + b'"9133', "quotation mark"),
    Refusal("feed-parquet", "a.parquet", b"PAR1 but not really", "send CSV"),
    Refusal(
        "feed-nested",
        "a.parquet",
        parquet(uscc=[A], month=["2026-05"], insured=[[1]]),
        "lists or records",
    ),
    Refusal("feed-excel", "a.xlsx", b"PK\x03\x04 no workbook", r"\.xlsx"),
    Refusal(
        "feed-excel-digits",
        "a.xlsx",
        excel(("uscc", "month", "insured"), (913302816775566221, "2026-05", 3)),
        "15 digits",
    ),
    Refusal("workbook-sprawls", "a.xlsx", far_away(), "delete those rows"),
    Refusal("feed-double-column", "a.csv", b"uscc,month,insured,Insured\n", "insured"),
    Refusal("feed-column-missing", "a.csv", b"uscc,month\n", "insured"),
    Refusal(
        "feed-future-month",
        "a.csv",
        f"{HEAD}{A},2026-09,3\n".encode(),
        "2026-09, a month that has not come",
    ),
    Refusal(
        "feed-many-months",
        "a.csv",
        (HEAD + "".join(f"{A},{month},1\n" for month in months(300))).encode(),
        "240 months",
    ),
]


@pytest.mark.parametrize("bad", REFUSED, ids=lambda bad: f"{bad.code} {bad.file}")
async def test_a_batch_that_is_none_is_refused_as_a_whole(
    database: str, tmp_path: Path, bad: Refusal
) -> None:
    with pytest.raises(SteelyardError, match=bad.words) as refusal:
        await take_in(actor(), FEED, bad.file, bad.content, LocalStore(tmp_path))
    assert refusal.value.code == bad.code
    assert await fetchval("SELECT count(*) FROM feed_batch") == 0
    assert stored(tmp_path) == []


MANIFEST = "feed,month,received_at,rows,coverage,ok\n"


@pytest.mark.parametrize(
    ("rows", "none"),
    [
        ([f"{FEED},2026-04,{AT:%Y-%m-%dT%H:%M:%SZ},0,1,true"], True),
        ([f"{FEED},2026-04,{AT:%Y-%m-%dT%H:%M:%SZ},0,1,false"], False),
        ([f"{FEED},2026-04,{AT:%Y-%m-%dT%H:%M:%SZ},,1,true"], False),
        ([f"judicial,2026-04,{AT:%Y-%m-%dT%H:%M:%SZ},0,1,true"], False),
        (
            [
                f"{FEED},2026-04,{AT:%Y-%m-%dT%H:%M:%SZ},0,1,true",
                f"{FEED},2026-05,{AT:%Y-%m-%dT%H:%M:%SZ},3,1,true",
            ],
            False,
        ),
        (None, False),
    ],
    ids=["asked, none", "not ok", "no count", "another feed", "a month with rows", "no manifest"],
)
async def test_a_table_without_rows_needs_a_manifest_that_says_so(
    database: str, tmp_path: Path, rows: list[str] | None, none: bool
) -> None:
    folder, store = tmp_path / "feeds", LocalStore(tmp_path / "store", mkdir=True)
    folder.mkdir()
    (folder / f"{FEED}.csv").write_text(HEAD)
    (folder / "registration.csv").write_text(
        f"uscc,month,status,established_on\n{A},2026-04,active,2020-01-01\n"
    )
    if rows is not None:
        (folder / "manifest.csv").write_text(MANIFEST + "\n".join(rows) + "\n")
    sent = take_in_and_screen(actor(), folder, "2026-06", frozenset({A}), store)
    if none:
        assert (await sent).batches[FEED] == 0
        return
    with pytest.raises(SteelyardError, match="says nothing") as refusal:
        await sent
    assert refusal.value.code == "feed-no-rows"
    assert await fetchval("SELECT count(*) FROM feed_batch") == 0


class Aside(NamedTuple):
    """One bad row beside a good one; `shown` is what the queue keeps of the value."""

    code: str
    feed: str
    content: str
    shown: str


REGISTER = "uscc,month,status,established_on,phone_id\n"
ASIDE = [
    Aside("uscc-check", FEED, f"{HEAD}{B},2026-05,2\n{TYPO},2026-05,3\n", TYPO),
    Aside("uscc-length", FEED, f"{HEAD}{B},2026-05,2\n某某公司,2026-05,3\n", "某某公司"),
    Aside("bad-month", FEED, f"{HEAD}{B},2026-05,2\n{A},2026年5月,3\n", "2026年5月"),
    Aside("not-whole", FEED, f"{HEAD}{B},2026-05,2\n{A},2026-05,三\n", "三"),
    Aside("negative", FEED, f"{HEAD}{B},2026-05,2\n{A},2026-05,-1\n", "-1"),
    Aside("fields", FEED, f"{HEAD}{B},2026-05,2\n{A},2026-05,3,4\n", ""),
    Aside("empty", FEED, f"{HEAD}{B},2026-05,2\n,2026-05,3\n", ""),
    Aside(
        "not-a-choice",
        "registration",
        f"{REGISTER}{B},2026-05,active,2020-01-01,\n{A},2026-05,存续,2020-01-01,\n",
        "存续",
    ),
    Aside(
        "in-the-clear",
        "registration",
        f"{REGISTER}{B},2026-05,active,2020-01-01,\n{A},2026-05,active,2020-01-01,13805741234\n",
        "…",
    ),
]


@pytest.mark.parametrize("bad", ASIDE, ids=lambda bad: bad.code)
async def test_a_bad_row_waits_in_the_queue_and_the_others_are_taken(
    database: str, tmp_path: Path, bad: Aside
) -> None:
    receipt = await take_in(actor(), bad.feed, "a.csv", bad.content.encode(), LocalStore(tmp_path))
    assert (receipt.state, receipt.rows, receipt.matched) == (BatchState.ACCEPTED, 2, 1)
    (row,) = await unmatched_rows(10)
    (fault,) = row.faults
    assert (row.line, fault.code, fault.value) == (3, bad.code, bad.shown)
    assert fault.message.format(**fault.params)


async def contradicting(store: LocalStore) -> Receipt:
    return await take_in(
        actor(), FEED, "a.csv", f"{HEAD}{A},2026-05,3\n{A},2026-05,0\n".encode(), store
    )


async def test_two_rows_that_contradict_each_other_both_wait(database: str, tmp_path: Path) -> None:
    receipt = await contradicting(LocalStore(tmp_path))
    assert (receipt.matched, receipt.unmatched, receipt.months) == (0, 2, [])
    assert {row.faults[0].code for row in await unmatched_rows(10)} == {"conflict"}
    assert [row.content["insured"] for row in await unmatched_rows(10)] in (["3", "0"], ["0", "3"])


async def test_rows_sent_twice_are_harmless(database: str, tmp_path: Path) -> None:
    line = f"{A},2026-05,3\n"
    receipt = await take_in(
        actor(), FEED, "a.csv", f"{HEAD}{line}{line}{line}".encode(), LocalStore(tmp_path)
    )
    assert (receipt.rows, receipt.matched, receipt.duplicates) == (3, 3, 2)
    assert [month.rows for month in receipt.months] == [1]


async def test_a_file_of_another_layout_is_refused_rather_than_queued(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MOST_UNMATCHED", 10)
    rows = "".join(f"{number},2026-05,3\n" for number in range(12))
    with pytest.raises(SteelyardError, match="more than 10 rows") as refusal:
        await take_in(actor(), FEED, "a.csv", (HEAD + rows).encode(), LocalStore(tmp_path))
    assert refusal.value.code == "feed-mostly-unreadable"


async def test_a_large_file_may_have_more_unreadable_rows_than_a_small_one(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MOST_UNMATCHED", 2)
    monkeypatch.setattr(reading, "ONE_IN", 4)
    good = f"{A},2026-05,3\n{B},2026-05,0\n" * 8
    bad = "".join(f"{number},2026-05,3\n" for number in range(5))
    store = LocalStore(tmp_path)
    receipt = await take_in(actor(), FEED, "a.csv", (HEAD + good + bad).encode(), store)
    assert (receipt.rows, receipt.unmatched) == (21, 5)
    assert len(await unmatched_rows(10)) == 5
    more = f"{HEAD}{good}{bad}x,2026-05,3\n"
    with pytest.raises(SteelyardError, match="more than 5 rows"):
        await take_in(actor(), FEED, "b.csv", more.encode(), store)


async def test_a_large_file_may_contradict_itself_more_often_than_a_small_one(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MOST_UNMATCHED", 2)
    monkeypatch.setattr(reading, "ONE_IN", 2)
    twice = f"{A},2026-05,3\n{A},2026-05,4\n{A},2026-05,5\n"
    store = LocalStore(tmp_path)
    with pytest.raises(SteelyardError) as refusal:
        await take_in(actor(), FEED, "a.csv", f"{HEAD}{twice}".encode(), store)
    assert refusal.value.code == "feed-contradicts-itself"
    others = f"{B},2026-05,0\n" * 3
    receipt = await take_in(actor(), FEED, "a.csv", f"{HEAD}{twice}{others}".encode(), store)
    assert (receipt.matched, receipt.unmatched) == (3, 3)


async def test_an_excel_file_of_a_small_office_is_read_as_a_person_sees_it(
    database: str, tmp_path: Path
) -> None:
    content = excel(
        ("uscc", "month", "insured", "备注"),
        (A, "2026-05", 3, "补报"),
        ("", "", "", ""),
        (B, "2026-05", 2.5, ""),
    )
    receipt = await take_in(actor(), FEED, "社保.xlsx", content, LocalStore(tmp_path))
    assert (receipt.rows, receipt.matched, receipt.unknown_columns) == (2, 1, ["备注"])
    (row,) = await unmatched_rows(10)
    assert (row.line, row.faults[0].value) == (4, "2.5")


async def test_identifiers_in_the_clear_are_hashed_on_entry_and_kept_nowhere(
    database: str, tmp_path: Path
) -> None:
    phone, bad = "13805741234", "13900001111"
    content = (
        f"{REGISTER}{A},2026-05,active,2020-01-01,{phone}\n{B},2026-05,asleep,2020-01-01,{bad}\n"
    ).encode()
    store = LocalStore(tmp_path)
    receipt = await take_in(
        actor(), "registration", "a.csv", content, store, key=b"a key of the county"
    )
    assert (receipt.matched, receipt.unmatched) == (1, 1)
    (part,) = stored(tmp_path)
    (value,) = pq.read_table(part)["phone_id"].to_pylist()
    assert len(value) == 64
    kept = await fetchval("SELECT faults::text || content::text FROM unmatched_row")
    for text in (phone, bad):
        assert text.encode() not in part.read_bytes()
        assert text not in kept
    # The same file without the choice is another batch, and the clear numbers wait without a trace.
    refused = await take_in(actor(1), "registration", "a.csv", content, store)
    assert (refused.repeated, refused.matched) == (False, 0)
    kept = await fetchval("SELECT string_agg(faults::text || content::text, '') FROM unmatched_row")
    assert phone not in kept
    assert bad not in kept


@pytest.mark.parametrize("rows", [1, 7])
def test_pieces_end_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: int) -> None:
    monkeypatch.setattr(raw_tables, "PIECE_ROWS", rows)
    content = (HEAD + "".join(f"{A},2026-0{n},{n}\n" for n in range(1, 8))).encode()
    found = list(reading.typed_pieces(FEEDS[FEED], "a.csv", content))
    lines = [line for piece in found for line in piece.table["line"].to_pylist()]
    assert lines == list(range(2, 9))


KINDS = len({bad.code for bad in REFUSED}) + len(ASIDE)


def test_there_are_twenty_kinds() -> None:
    assert KINDS >= 20
    assert len({bad.code for bad in (*REFUSED, *ASIDE)}) == KINDS
