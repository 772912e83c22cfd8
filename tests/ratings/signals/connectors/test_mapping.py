"""From the fields of a source to the columns of the contract."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratings.ledger.errors import Refused
from ratings.signals.connectors.description import Field, Schedule, Signed
from ratings.signals.connectors.mapping import in_fen, in_form, map_rows, month_as, value
from ratings.signals.connectors.paging import read_page, request_for
from ratings.signals.connectors.rules import (
    finished_months,
    is_whole,
    last_time,
    next_attempt,
    next_time,
    retry_after,
)
from ratings.signals.connectors.signing import signature_headers
from ratings.signals.identifiers import keyed_hash
from tests.department import signature
from tests.ratings.signals.connectors.test_description import example

KEY = b"a key for identifiers"
NOW = datetime(2026, 11, 6, 3, 0, tzinfo=UTC)
ROW = {
    "creditCode": "91320999MA0000001X",
    "period": "202610",
    "headCount": 12,
    "amount": Decimal("1234.50"),
    "payState": 1,
    "remark": "",
}


@given(st.integers(min_value=0, max_value=10**15), st.sampled_from([("yuan", 100), ("wan", 10**6)]))
def test_money_is_exact_in_every_unit(fen: int, unit: tuple[str, int]) -> None:
    sent = json.loads(format(Decimal(fen) / unit[1], "f"), parse_float=Decimal)
    assert value(Field("n", unit=unit[0]), sent, KEY) == str(fen)


@pytest.mark.parametrize("text", ["about 5", "NaN", "Infinity", "1.234"])
def test_what_is_no_whole_fen_is_left_for_the_reader_to_set_aside(text: str) -> None:
    assert in_fen(text, "yuan") not in ("0", "123", "124", "5")


@given(st.dates(), st.sampled_from(["YYYYMM", "MM/YYYY", "YYYY年MM月"]))
def test_every_form_of_a_month_is_read(day: datetime, form: str) -> None:
    month = f"{day.year:04d}-{day.month:02d}"
    assert in_form(month_as(month, form), form) == month


def test_a_text_of_another_form_is_left_as_it_is() -> None:
    assert in_form("202613x", "YYYYMM") == "202613x"
    assert in_form("31.12.2026", "DD.MM.YYYY") == "2026-12-31"


def test_a_row_is_mapped_and_what_nobody_mapped_is_reported() -> None:
    mapped = map_rows(example(), "2026-10", [ROW | {"newField": 1}], KEY)
    assert mapped.rows == [["91320999MA0000001X", "2026-10", "12", "123450", "POS"]]
    assert mapped.unknown == {"newField"}
    assert not mapped.missing


def test_a_required_field_that_is_gone_refuses_the_page() -> None:
    renamed = {**ROW, "persons": 12}
    del renamed["headCount"]
    with pytest.raises(Refused) as refusal:
        map_rows(example(), "2026-10", [ROW, renamed], KEY)
    assert refusal.value.code == "connector-field-gone"
    assert refusal.value.params["row"] == 2


def test_an_optional_field_that_is_gone_is_reported() -> None:
    row = {name: one for name, one in ROW.items() if name != "amount"}
    mapped = map_rows(example(), "2026-10", [row], KEY)
    assert mapped.missing == {"amount"}
    assert mapped.rows[0][3] is None


def test_an_identifier_in_the_clear_leaves_no_trace() -> None:
    hashed = value(Field("phone", personal="clear"), "138 0574 1234", KEY)
    assert hashed == keyed_hash(KEY, "13805741234")
    assert value(Field("phone", personal="hashed"), "ab" * 32, KEY) == "ab" * 32


def test_a_month_that_rows_do_not_state_is_the_one_asked_for() -> None:
    connector = example(**{'{ from = "period", form = "YYYYMM" }': '"{month}"'})
    assert map_rows(connector, "2026-09", [ROW], KEY).rows[0][1] == "2026-09"


def test_a_post_carries_its_parameters_in_the_body() -> None:
    connector = example(**{"[request]": '[request]\nmethod = "POST"'})
    asked = request_for(connector, "2026-10", "4")
    assert (asked.method, asked.address) == ("POST", "https://data.example.gov.cn/v2/deposits")
    assert json.loads(asked.body) == {"period": "202610", "area": "320999", "page": 4, "size": 3}


def _paged(kind: str) -> str:
    return f'kind = "{kind}"'


def test_a_cursor_leads_from_page_to_page() -> None:
    connector = example(**{'kind = "number"\nsize = 3': 'kind = "cursor"\nnext = "data.more"'})
    answer = json.dumps({"data": {"items": [], "total": 7, "more": "abc="}}).encode()
    page = read_page(connector, "", answer, {})
    assert (page.following, page.total) == ("abc=", 7)
    assert "cursor=abc%3D" in request_for(connector, "2026-10", "abc=").address
    assert read_page(connector, "", answer.replace(b'"abc="', b"null"), {}).following is None


def test_a_link_leads_on_but_to_no_other_host() -> None:
    connector = example(**{'kind = "number"\nsize = 3': 'kind = "link"'})
    answer = json.dumps({"data": {"items": [], "total": 7}}).encode()
    link = {"link": '</v2/deposits?after=9>; rel="next"'}
    following = read_page(connector, "", answer, link).following
    assert following == "https://data.example.gov.cn/v2/deposits?after=9"
    assert request_for(connector, "2026-10", following).address == following
    assert read_page(connector, following, answer, {}).following is None
    with pytest.raises(Refused) as refusal:
        read_page(connector, "", answer, {"link": '<https://elsewhere.example/x>; rel="next"'})
    assert refusal.value.code == "connector-elsewhere"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (b"<html>", "connector-not-json"),
        (b'{"data": {"items": {"a": 1}}}', "connector-no-rows"),
        (b'{"data": {"items": [1]}}', "connector-no-rows"),
        (b'{"data": {"items": [], "total": "many"}}', "connector-no-total"),
    ],
)
def test_an_answer_of_another_shape_is_refused(answer: bytes, code: str) -> None:
    with pytest.raises(Refused) as refusal:
        read_page(example(), "", answer, {})
    assert refusal.value.code == code


def test_a_signature_is_what_the_gateway_computes() -> None:
    access = Signed(
        key_id="yunxi",
        secret="STEELYARD_CONNECTOR_X",
        headers={"X-Date": "{date}", "X-Key": "{key}", "X-Signature": "{signature}"},
    )
    sent = signature_headers(
        access, "hush", "GET", "https://one.example/v1/data?b=2&a=%E4%B8%AD", b"", NOW
    )
    empty = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
    date = "Fri, 06 Nov 2026 03:00:00 GMT"
    text = f"GET\n/v1/data\na=%E4%B8%AD&b=2\n{date}\n{empty}"
    assert sent == {"X-Date": date, "X-Key": "yunxi", "X-Signature": signature("hush", text)}


SCHEDULES = st.builds(
    Schedule, hour=st.integers(0, 23), day=st.none() | st.integers(1, 28), months=st.integers(1, 24)
)
MOMENTS = st.datetimes(
    min_value=datetime(2001, 1, 1),  # noqa: DTZ001 the strategy wants them so
    max_value=datetime(2090, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)


@given(SCHEDULES, MOMENTS)
def test_every_moment_lies_between_two_times_of_a_schedule(
    schedule: Schedule, at: datetime
) -> None:
    last, following = last_time(schedule, at), next_time(schedule, at)
    assert last <= at < following
    assert last_time(schedule, following) == following
    assert next_time(schedule, last) == following
    assert last_time(schedule, following - timedelta(seconds=1)) == last


def test_a_month_is_finished_when_the_county_says_so() -> None:
    assert finished_months(2, datetime(2026, 12, 31, 16, 0, tzinfo=UTC)) == ["2026-11", "2026-12"]
    assert finished_months(1, datetime(2026, 12, 31, 15, 59, tzinfo=UTC)) == ["2026-11"]


@given(st.integers(1, 50), st.integers(0, 10**6), st.floats(0, 1))
def test_nobody_is_called_sooner_than_they_ask(failures: int, asked: int, chance: float) -> None:
    wait = timedelta(seconds=asked)
    again = next_attempt(NOW, failures, NOW, wait, chance)
    if again is not None:
        assert NOW + min(wait, timedelta(hours=6)) <= again <= NOW + timedelta(hours=24)
        alone = next_attempt(NOW, failures, NOW, None, chance)
        assert alone is not None
        assert alone <= again


def test_it_is_enough_after_a_day() -> None:
    assert next_attempt(NOW - timedelta(hours=24), 30, NOW, None, 0) is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("7", 7), ("Fri, 06 Nov 2026 03:00:09 GMT", 9), ("soon", None), ("", None), ("-3", None)],
)
def test_retry_after_is_read_in_both_forms(text: str, seconds: int | None) -> None:
    found = retry_after(text, NOW)
    assert found == (None if seconds is None else timedelta(seconds=seconds))


def test_pages_that_moved_are_not_the_month() -> None:
    assert is_whole(9, 9, 9, same_as_before=False)
    assert is_whole(9, 9, None, same_as_before=False)
    assert not is_whole(9, 8, 9, same_as_before=False)
    assert is_whole(9, 8, 9, same_as_before=True)
    assert not is_whole(8, 8, 9, same_as_before=True)
