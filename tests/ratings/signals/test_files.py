"""Feed files: what is accepted, and that nothing else vanishes without a word."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ratings.ledger.errors import Refused
from ratings.shells.screen import open_engine
from ratings.signals.cells import month_number, month_text
from ratings.signals.contract import FEEDS
from ratings.signals.engine import Tables, missing_months
from ratings.signals.files import FeedBatch, read_directory, read_feed

GOOD = "91330281MA2699JWF0"
OTHER = "91330281MA238WPG6X"


def insured(tmp_path: Path, *lines: str, header: str = "uscc,month,insured") -> FeedBatch:
    file = tmp_path / "social_insurance.csv"
    file.write_text("\n".join((header, *lines)) + "\n", encoding="utf-8")
    return read_feed(file)


def registered(tmp_path: Path, field: str, value: str) -> FeedBatch:
    row = {
        "uscc": GOOD,
        "month": "2026-01",
        "status": "active",
        "established_on": "2020-02-29",
    } | {field: value}
    file = tmp_path / "registration.csv"
    file.write_text(",".join(row) + "\n" + ",".join(row.values()) + "\n", encoding="utf-8")
    return read_feed(file)


@pytest.mark.parametrize(
    ("line", "column", "code", "words"),
    [
        (f"{GOOD[:-1]}1,2026-01,3", "uscc", "uscc-check", "mistyped"),
        (f"{GOOD[:-1]},2026-01,3", "uscc", "uscc-length", "18 characters"),
        ("9133028IMA2699JWF0,2026-01,3", "uscc", "uscc-character", "Character 8"),
        ("91AB0281MA2699JWF0,2026-01,3", "uscc", "uscc-region", "Characters 3 to 8"),
        (",2026-01,3", "uscc", "empty", "Column uscc is empty"),
        (f"{GOOD},,3", "month", "empty", "Column month is empty"),
        (f"{GOOD},2026-13,3", "month", "bad-month", "YYYY-MM"),
        (f"{GOOD},2026-1,3", "month", "bad-month", "“2026-1”"),
        (f"{GOOD},2026/01,3", "month", "bad-month", "YYYY-MM"),
        (f"{GOOD},2026-01,-3", "insured", "negative", "“-3” in column insured is negative"),
        (f"{GOOD},2026-01,3.5", "insured", "not-whole", "not a whole number"),
        (f"{GOOD},2026-01,three", "insured", "not-whole", "“three”"),
        (f"{GOOD},2026-01,1e99", "insured", "not-whole", "not a whole number"),
        (f"{GOOD},2026-01", "", "fields", "Line 3 has 2 fields; the header has 3"),
        (f"{GOOD},2026-01,3,4", "", "fields", "Line 3 has 4 fields"),
    ],
)
def test_a_row_that_cannot_be_believed_is_listed_with_its_reason(
    tmp_path: Path, line: str, column: str, code: str, words: str
) -> None:
    batch = insured(tmp_path, f"{OTHER},2026-01,2", line)
    (entry,) = batch.unmatched
    assert (entry.line, entry.column, entry.code) == (3, column, code)
    assert words in entry.sentence()
    assert batch.rejected == 1
    assert batch.table["uscc"].to_pylist() == [OTHER], "the rows beside it are taken"


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("status", "asleep", "not-a-choice"),
        ("legal_form", "Company", "not-a-choice"),
        ("established_on", "2021-02-29", "bad-date"),
        ("established_on", "1.2.2021", "bad-date"),
        ("address_hosted", "perhaps", "bad-flag"),
        ("received_at", "yesterday", "bad-time"),
        ("phone_id", "13805741234", "in-the-clear"),
        ("phone_id", "+8613805741234", "in-the-clear"),
        ("legal_rep_id", "33028119800101001X", "in-the-clear"),
        ("legal_rep_id", "张三", "in-the-clear"),
    ],
)
def test_a_bad_register_entry_is_set_aside(
    tmp_path: Path, field: str, value: str, code: str
) -> None:
    batch = registered(tmp_path, field, value)
    assert [(entry.column, entry.code) for entry in batch.unmatched] == [(field, code)]
    assert batch.table.num_rows == 0


def test_personal_data_in_the_clear_is_not_repeated_in_the_report(tmp_path: Path) -> None:
    (entry,) = registered(tmp_path, "phone_id", "13805741234").unmatched
    assert "13805741234" not in entry.sentence() + entry.value + str(entry.params)
    assert "keyed hash" in entry.sentence()


def test_every_fault_of_a_row_is_told_at_once(tmp_path: Path) -> None:
    batch = insured(tmp_path, f"{GOOD},2026-14,-1")
    assert [entry.column for entry in batch.unmatched] == ["month", "insured"]
    assert batch.rejected == 1


def test_empty_is_not_zero(tmp_path: Path) -> None:
    batch = insured(tmp_path, f"{GOOD},2026-01,", f"{GOOD},2026-02,0", f"{GOOD},2026-03,2")
    assert batch.table["insured"].to_pylist() == [None, 0, 2]
    assert batch.table["state"].to_pylist() == [None, "ZERO", "POS"]


def test_a_tax_return_has_no_state_but_the_one_the_source_says(tmp_path: Path) -> None:
    file = tmp_path / "tax_filing.csv"
    file.write_text(f"uscc,month,state,sales_fen\n{GOOD},2026-01,,0\n")
    (entry,) = read_feed(file).unmatched
    assert (entry.column, entry.code) == ("state", "empty")


def test_codes_are_trimmed_and_upper_cased(tmp_path: Path) -> None:
    batch = insured(tmp_path, f"  {GOOD.lower()} , 2026-01 , 3 ")
    assert batch.table.select(["uscc", "month", "insured"]).to_pylist() == [
        {"uscc": GOOD, "month": "2026-01", "insured": 3}
    ]


def test_an_unknown_column_is_reported_and_ignored(tmp_path: Path) -> None:
    batch = insured(tmp_path, f"{GOOD},2026-01,3,blue", header="uscc,month,insured,colour")
    assert batch.unknown_columns == ("colour",)
    assert "colour" not in batch.table.column_names
    assert not batch.unmatched


def test_a_row_sent_twice_counts_once(tmp_path: Path) -> None:
    once = insured(tmp_path, f"{GOOD},2026-01,3")
    twice = insured(tmp_path, f"{GOOD},2026-01,3", f"{GOOD},2026-01,3.0")
    assert twice.duplicates == 1
    assert twice.rows == 2
    assert twice.table.equals(once.table)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_the_row_received_later_wins_wherever_it_stands(
    tmp_path: Path, order: tuple[int, int]
) -> None:
    rows = (
        f"{GOOD},2026-01,3,2026-03-01T02:00:00Z",
        f"{GOOD},2026-01,7,2026-03-01T11:00:00+08:00",
    )
    batch = insured(
        tmp_path, *(rows[place] for place in order), header="uscc,month,insured,received_at"
    )
    assert batch.table["insured"].to_pylist() == [7]
    assert not batch.unmatched


@pytest.mark.parametrize(
    ("later", "missing"),
    [
        ("2026-07-01T00:00:00Z,1,0.001,true", set()),
        ("2026-05-01T00:00:00Z,1,0.001,true", set()),
        ("2026-07-01T00:00:00Z,900,0.9,false", {"2026-05"}),
    ],
    ids=["correction of one firm", "first half of the month", "failed"],
)
def test_a_correction_in_the_manifest_does_not_take_its_month_away(
    tmp_path: Path, later: str, missing: set[str]
) -> None:
    months = ("2026-03", "2026-04", "2026-05")
    insured(tmp_path, *(f"{GOOD},{month},3" for month in months))
    rows = [f"social_insurance,{month},2026-06-01T00:00:00Z,990,0.99,true" for month in months]
    rows.append(f"social_insurance,2026-05,{later}")
    head = "feed,month,received_at,rows,coverage,ok"
    (tmp_path / "manifest.csv").write_text("\n".join((head, *rows)) + "\n")
    directory = read_directory(tmp_path)
    assert not directory.unmatched
    connection = open_engine("duckdb")
    try:
        tables = Tables(connection, directory)
        gone = missing_months(tables, FEEDS["social_insurance"], month_number("2026-05"))
    finally:
        connection.disconnect()
    assert {month_text(month) for month in gone} & set(months) == missing


def test_two_rows_that_disagree_are_both_set_aside(tmp_path: Path) -> None:
    batch = insured(tmp_path, f"{GOOD},2026-01,3", f"{GOOD},2026-01,0", f"{GOOD},2026-02,1")
    assert [(entry.line, entry.code) for entry in batch.unmatched] == [
        (2, "conflict"),
        (3, "conflict"),
    ]
    assert batch.table["month"].to_pylist() == ["2026-02"]


@pytest.mark.parametrize(
    ("name", "content", "code", "words"),
    [
        ("social_insurance.csv", b"", "feed-empty", "header row"),
        ("social_insurance.csv", b"  \n\n", "feed-empty", "empty"),
        (
            "social_insurance.csv",
            b"uscc,month,insured\n\xd6\xd0,2026-01,1",
            "feed-encoding",
            "line 2",
        ),
        ("social_insurance.csv", b"uscc,month\n", "feed-column-missing", "insured"),
        ("social_insurance.csv", b"1,2,3\n4,5,6\n", "feed-column-missing", "lacks the column uscc"),
        ("social_insurance.csv", b"uscc,month,insured,Month\n", "feed-double-column", "month"),
        ("social_insurance.csv", b'uscc,month,insured\n"9133', "feed-csv", "line 2"),
        ("social_insurance.parquet", b"PAR1 but not really", "feed-parquet", "send CSV"),
    ],
)
def test_a_file_that_is_no_feed_is_refused_as_a_whole(
    tmp_path: Path, name: str, content: bytes, code: str, words: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(Refused, match=words) as refusal:
        read_directory(tmp_path)
    assert refusal.value.code == code
    assert name in str(refusal.value)


def test_a_parquet_feed_says_the_same_as_the_csv(tmp_path: Path) -> None:
    table = pa.table(
        {
            "uscc": pa.array([GOOD, GOOD, OTHER]).dictionary_encode(),
            "month": ["2026-01", "2026-02", "2026-01"],
            "insured": [3.0, float("nan"), -1.0],
        }
    )
    pq.write_table(table, tmp_path / "social_insurance.parquet")
    batch = read_feed(tmp_path / "social_insurance.parquet")
    assert batch.table["insured"].to_pylist() == [3, None]
    assert [(entry.line, entry.code) for entry in batch.unmatched] == [(3, "negative")]


def test_a_nested_parquet_column_is_refused(tmp_path: Path) -> None:
    table = pa.table({"uscc": [GOOD], "month": ["2026-01"], "insured": [[{"a": 1}]]})
    pq.write_table(table, tmp_path / "social_insurance.parquet")
    with pytest.raises(Refused, match="lists or records"):
        read_feed(tmp_path / "social_insurance.parquet")


def test_a_directory_without_feeds_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing")
    with pytest.raises(Refused, match="holds no feed"):
        read_directory(tmp_path)
    with pytest.raises(Refused, match="no directory"):
        read_directory(tmp_path / "nowhere")


def test_one_feed_in_two_files_is_refused(tmp_path: Path) -> None:
    for name in ("excuses.csv", "excuses.parquet"):
        (tmp_path / name).write_text("uscc\n")
    with pytest.raises(Refused, match="Keep one of them"):
        read_directory(tmp_path)


def test_other_files_are_named(tmp_path: Path) -> None:
    insured(tmp_path, f"{GOOD},2026-01,3")
    (tmp_path / "labels.csv").write_text("uscc\n")
    assert read_directory(tmp_path).unknown_files == ("labels.csv",)


def test_the_contract_is_whole() -> None:
    assert len(FEEDS) == 11
    for name, feed in FEEDS.items():
        names = [column.name for column in feed.columns]
        assert len(names) == len(set(names)), name
        assert set(feed.key) <= set(names), name
        assert feed.quantity in ("", *names), name
        for column in feed.columns:
            assert (column.kind == "choice") == bool(column.choices), (name, column.name)
