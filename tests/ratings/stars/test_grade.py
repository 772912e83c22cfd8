"""The file contract: `grade EVALUATIONS.csv --as-of DAY`."""

import csv
import io
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ratings.evaluations.indicators import CODES
from ratings.stars.grade_command import grade

A, B, C = "91330281MA2AAAAA1X", "91330281MA2BBBBB16", "91330281MA2CCCCC1E"
EVALUATIONS = "engagement,uscc,trade,settled_on,party,rater,indicator,score"
EVENTS = "uscc,on,source,document,severity,repaired_on,cap"
STANDARD = Path(__file__).parents[3] / "ratings/stars/policies/standard.toml"
GOOD = f"e1,{A},survey,2026-05-01,owner,r1,overall,92"


def overall(engagement: str, uscc: str, on: str, **scores: str) -> list[str]:
    return [
        f"{engagement},{uscc},survey,{on},{party},r-{party},overall,{score}"
        for party, score in scores.items()
    ]


def run(folder: Path, rows: list[str], *options: str, events: list[str] | None = None) -> Result:
    evaluations = folder / "evaluations.csv"
    evaluations.write_text("\n".join([EVALUATIONS, *rows, ""]), "utf-8")
    arguments = [str(evaluations), "--as-of", "2026-06-30", "--out", str(folder / "out"), *options]
    if events is not None:
        path = folder / "events.csv"
        path.write_text("\n".join([EVENTS, *events, ""]), "utf-8")
        arguments += ["--events", str(path)]
    return CliRunner().invoke(grade, arguments)


def table(folder: Path, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO((folder / "out" / name).read_text("utf-8"))))


def test_scores_and_waterfall_as_in_the_contract(tmp_path: Path) -> None:
    rows = [
        *overall("e1", A, "2026-05-01", owner="92", supervisor="85", centre="88"),
        *overall("e2", A, "2026-05-02", supervisor="85", centre="88"),
        *overall("e3", A, "2026-05-03", owner="92", centre="88"),
        *overall("e4", B, "2026-05-04", owner="92", supervisor="85"),
        *overall("e5", C, "2026-05-05", centre="100"),
    ]
    events = [
        f"{A},2026-01-05,tax,T-1,minor,,none",
        f"{A},2026-06-01,market-regulation,M-7,general,,two-star",
        f"{C},2026-06-01,tax,T-9,none,,one-star",
    ]
    result = run(tmp_path, rows, events=events)
    assert result.exit_code == 0, result.output
    assert (tmp_path / "out/scores.csv").read_text("utf-8").splitlines() == [
        "uscc,score,stars,state,engagements,lower_bound",
        # (89.10 + 86.20 + 90.857…) / 3 - 8; the first minor event is waived.
        f"{A},80.72,2,rated,3,",
        f"{B},89.38,4,provisional,1,",
        f"{C},,1,unrated,0,",
    ]
    waterfall = (tmp_path / "out/waterfall.csv").read_text("utf-8").splitlines()
    assert waterfall == [
        "uscc,step,reference,points",
        f"{A},engagement,e1,29.7000",
        f"{A},engagement,e2,28.7333",
        f"{A},engagement,e3,30.2857",
        f"{A},deduction,M-7,-8.0000",
        f"{A},rounding,,0.0010",
        f"{A},cap,M-7,0.0000",
        f"{B},engagement,e4,89.3750",
        f"{B},rounding,,0.0050",
    ]


def test_points_sum_to_the_score_of_every_agency(tmp_path: Path) -> None:
    rows = [
        f"e{n},{uscc},survey,2026-0{1 + n % 6}-1{n % 9},{party},r,{code},{(n * 37 + k * 13) % 101}"
        for n, uscc in enumerate([A, B, C] * 7)
        for party, weighed in (("owner", CODES[:5]), ("supervisor", ("quality", "first-pass")))
        for k, code in enumerate((*weighed, "staff", "integrity"))
        if not (party == "owner" and code == "first-pass")
    ]
    result = run(tmp_path, rows, events=[f"{A},2026-06-01,tax,T,serious,2026-06-09,none"])
    assert result.exit_code == 0, result.output
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    for step in table(tmp_path, "waterfall.csv"):
        sums[step["uscc"]] += Decimal(step["points"])
    scores = {row["uscc"]: Decimal(row["score"]) for row in table(tmp_path, "scores.csv")}
    assert len(scores) == 3
    assert sums == scores


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (GOOD.replace(A, A[:-1] + "9"), "mistyped"),
        (GOOD.replace(A, "9133"), "18 characters"),
        (GOOD.replace("owner", "neighbour"), "party is one of supervisor, owner, centre"),
        (GOOD.replace("overall", "speed"), "no indicator “speed”"),
        (GOOD.replace("overall", "reporting"), "owner does not weigh the indicator “reporting”"),
        (GOOD.replace(",92", ",100.01"), "between 0 and 100"),
        (GOOD.replace(",92", ",-1"), "between 0 and 100"),
        (GOOD.replace(",92", ",92.125"), "at most two decimals"),
        (GOOD.replace(",92", ",good"), "“good”"),
        (GOOD.replace(",92", ",9e1"), "“9e1”"),
        (GOOD.replace(",92", ",NaN"), "“NaN”"),
        (GOOD.replace(",92", ",９２"), "“９２”"),
        (GOOD.replace("2026-05-01", "2026-02-30"), "settled_on is a day"),
        (GOOD.replace("2026-05-01", "20260501"), "settled_on is a day"),
        (GOOD.replace("2026-05-01", ""), "settled_on is a day"),
        (GOOD.replace("e1,", ","), "the engagement is missing"),
        (GOOD + ",more", "9 cells where the header has 8"),
    ],
)
def test_a_row_that_cannot_stand_alone_is_refused_with_its_line(
    tmp_path: Path, row: str, reason: str
) -> None:
    first = f"e0,{B},survey,2026-05-01,owner,r0,overall,80"
    result = run(tmp_path, [first, row])
    assert result.exit_code == 1
    assert "evaluations.csv, line 3: " in result.output
    assert reason in result.output
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("first", "second", "reason"),
    [
        (GOOD, GOOD.replace(",92", ",93"), "a second answer of the owner"),
        (GOOD, GOOD.replace("overall", "quality"), "an overall score beside indicators"),
        (GOOD.replace("overall", "quality"), GOOD, "an overall score beside indicators"),
        (GOOD, GOOD.replace("owner,r1", "centre,r2").replace(A, B), f"already has the agency {A}"),
        (GOOD, GOOD.replace("owner", "centre").replace("survey", "x"), "has the trade survey"),
        (
            GOOD,
            GOOD.replace("owner", "centre").replace("05-01", "05-02"),
            "has the settlement date 2026-05-01",
        ),
        (
            GOOD.replace("overall", "quality"),
            GOOD.replace("overall", "fee").replace("r1", "r2"),
            "the owner of engagement “e1” already has another rater",
        ),
    ],
)
def test_a_row_that_contradicts_an_earlier_one_is_refused(
    tmp_path: Path, first: str, second: str, reason: str
) -> None:
    result = run(tmp_path, [first, second])
    assert result.exit_code == 1
    assert "evaluations.csv, line 3: " in result.output
    assert reason in result.output


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (f"{A[:-1]}9,2026-01-01,tax,T,minor,,none", "mistyped"),
        (f"{A},2026-13-01,tax,T,minor,,none", "on is a day"),
        (f"{A},2026-01-01,police,T,minor,,none", "source is one of tax, market-regulation"),
        (f"{A},2026-01-01,tax,T,huge,,none", "severity is one of none, minor, general"),
        (f"{A},2026-01-01,tax,T,minor,soon,none", "repaired_on is a day"),
        (f"{A},2026-01-02,tax,T,minor,2026-01-01,none", "before it happened"),
        (f"{A},2026-01-01,tax,T,minor,,", "cap is one of none, two-star, one-star"),
        (f"{A},2026-01-01,tax,T,minor", "5 cells"),
    ],
)
def test_a_bad_event_is_refused_with_its_line(tmp_path: Path, row: str, reason: str) -> None:
    result = run(tmp_path, [GOOD], events=[row])
    assert result.exit_code == 1
    assert "events.csv, line 2: " in result.output
    assert reason in result.output


def test_the_same_event_twice_is_refused(tmp_path: Path) -> None:
    event = f"{A},2026-01-01,tax,T,general,,none"
    result = run(tmp_path, [GOOD], events=[event, event])
    assert "events.csv, line 3: this event is already in the file" in result.output


def test_continue_leaves_bad_rows_out_and_lists_every_one(tmp_path: Path) -> None:
    rows = [GOOD, GOOD, f"e2,{A},survey,2026-05-02,owner,r1,overall,200"]
    result = run(tmp_path, rows, "--continue", events=["nobody,,,,,,"])
    assert result.exit_code == 0, result.output
    for place in ("evaluations.csv, line 3", "evaluations.csv, line 4", "events.csv, line 2"):
        assert place in result.output
    assert "3 rows left out" in result.output
    assert [row["score"] for row in table(tmp_path, "scores.csv")] == ["92.00"]


def test_an_empty_score_is_the_same_as_no_row(tmp_path: Path) -> None:
    blank = [
        GOOD.replace("overall,92", f"{code},").replace("owner", party)
        for code in (*CODES, "overall")
        for party in ("owner", "supervisor")
    ]
    result = run(tmp_path, [*blank, GOOD, *blank, blank[0].replace(A, B)])
    assert result.exit_code == 0, result.output
    assert [(row["uscc"], row["score"]) for row in table(tmp_path, "scores.csv")] == [
        (A, "92.00"),
        (B, ""),
    ]


def test_an_agency_with_nothing_in_the_window_is_listed_without_a_waterfall(
    tmp_path: Path,
) -> None:
    rows = overall("e1", A, "2024-05-01", owner="92")
    result = run(tmp_path, rows, events=[f"{A},2026-06-01,tax,T,serious,,two-star"])
    assert result.exit_code == 0, result.output
    assert table(tmp_path, "scores.csv")[0]["state"] == "unrated"
    assert table(tmp_path, "scores.csv")[0]["stars"] == ""
    assert table(tmp_path, "waterfall.csv") == []


def test_columns_may_stand_in_any_order_with_a_mark_blanks_and_crlf(tmp_path: Path) -> None:
    path = tmp_path / "excel.csv"
    columns = EVALUATIONS.split(",")
    text = "\r\n".join([",".join(reversed(columns)), "", ",".join(reversed(GOOD.split(","))) + " "])
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    out = tmp_path / "out"
    result = CliRunner().invoke(grade, [str(path), "--as-of", "2026-06-30", "--out", str(out)])
    assert result.exit_code == 0, result.output
    assert table(tmp_path, "scores.csv")[0]["score"] == "92.00"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "Line 1 must name each of the columns"),
        (EVALUATIONS.replace("score", "points").encode(), "wrong: score"),
        ((EVALUATIONS + ",score").encode(), "wrong: score"),
        (EVALUATIONS.encode() + b"\n\xc4\xe3\xba\xc3\n", "Line 2 is not UTF-8"),
        (EVALUATIONS.encode() + b'\ne1,"open\n', "Line 2 is not CSV"),
    ],
)
def test_what_is_no_such_table_is_refused_as_a_whole(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    path = tmp_path / "evaluations.csv"
    path.write_bytes(content)
    arguments = [str(path), "--as-of", "2026-06-30", "--out", str(tmp_path / "out")]
    result = CliRunner().invoke(grade, [*arguments, "--continue"])
    assert result.exit_code == 1
    assert reason in result.output


def test_a_policy_that_does_not_ship_is_refused_and_a_file_may_stand_for_one(
    tmp_path: Path,
) -> None:
    result = run(tmp_path, [GOOD], "--policy", "strict")
    assert result.exit_code == 1
    assert "The policy “strict” is not available in this version." in result.output
    mine = tmp_path / "mine.toml"
    mine.write_text(STANDARD.read_text("utf-8").replace("five = 90", "five = 93"), "utf-8")
    result = run(tmp_path, [GOOD], "--policy", str(mine))
    assert result.exit_code == 0, result.output
    assert table(tmp_path, "scores.csv")[0]["stars"] == "4"
    result = run(tmp_path, [GOOD], "--policy", str(tmp_path / "absent.toml"))
    assert "cannot be read" in result.output


@pytest.mark.parametrize("day", ["2026-6-1", "20260601", "0001-01-01", "yesterday"])
def test_the_as_of_day_is_a_day(tmp_path: Path, day: str) -> None:
    result = run(tmp_path, [GOOD], "--as-of", day)
    assert result.exit_code == 2
    assert "YYYY-MM-DD" in result.output


def test_an_out_folder_that_cannot_be_made_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    result = run(tmp_path, [GOOD], "--out", str(tmp_path / "file" / "out"))
    assert result.exit_code == 1
    assert "cannot be written" in result.output


def test_a_weight_is_a_share_and_the_same_for_a_whole_answer(tmp_path: Path) -> None:
    """An optional column: (0.25 · 60 + 0.3 · 90) / 0.55 = 76.36."""
    head = EVALUATIONS + ",weight"
    row = f"e1,{A},survey,2026-05-01"
    good = [f"{row},owner,r1,overall,60,0.5", f"{row},supervisor,r2,overall,90,"]
    bad = [
        f"e2,{A},survey,2026-05-01,owner,r1,overall,60,{text}"
        for text in ("0", "1.5", "-0.5", "0.12345", "half")
    ]
    split = [
        f"e3,{A},survey,2026-05-01,owner,r1,quality,60,0.5",
        f"e3,{A},survey,2026-05-01,owner,r1,fee,60,",
    ]
    evaluations = tmp_path / "weighed.csv"
    evaluations.write_text("\n".join([head, *good]), "utf-8")
    command = [str(evaluations), "--as-of", "2026-06-01", "--out", str(tmp_path / "out")]
    done = CliRunner().invoke(grade, command)
    assert done.exit_code == 0, done.output
    assert "76.36" in (tmp_path / "out" / "scores.csv").read_text("utf-8")
    evaluations.write_text("\n".join([head, *good, *bad, *split]), "utf-8")
    refused = CliRunner().invoke(grade, command)
    assert refused.exit_code != 0
    for line in (4, 5, 6, 7, 8):
        assert f"{line}: weight is a share" in refused.output
    assert "10: the owner of engagement “e3” already has another weight" in refused.output
