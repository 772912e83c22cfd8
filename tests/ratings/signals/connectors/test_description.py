"""A connector's file: what it must say, and what it may not."""

import re
from pathlib import Path

import pytest

from ratings.ledger.errors import Refused
from ratings.signals.connectors.description import Connector, read_connector
from ratings.signals.connectors.folder import read_folder
from tests.department import document_blocks, documented


def example(url: str = "https://data.example.gov.cn", **changes: str) -> Connector:
    text = documented(url)
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    return read_connector("housing_fund_centre", text)


def test_the_example_of_the_document_can_be_read() -> None:
    read = example()
    assert (read.name, read.feed) == ("housing_fund_centre", "housing_fund")
    assert read.fields()["uscc"].source == "creditCode"


def test_the_signed_access_of_the_document_can_be_read() -> None:
    access = document_blocks()[1].removeprefix("[access]\n")
    text = re.sub(
        r"(?<=\[access\]\n).*?(?=\n\[paging\])", lambda _: access, documented(), flags=re.S
    )
    assert read_connector("tax", text).access.secret == "STEELYARD_CONNECTOR_TAX_SECRET"


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ('feed = "housing_fund"', 'feed = "platform"', "connector-feed"),
        ('feed = "housing_fund"', 'feed = "weather"', "connector-feed"),
        ("STEELYARD_CONNECTOR_HOUSING_FUND_SECRET", "DATABASE_URL", "connector-secret"),
        ("https://data.example.gov.cn/v2/deposits", "ftp://data.example", "connector-address"),
        (', unit = "yuan"', "", "connector-unit"),
        ('contributors = "headCount"', "", "connector-column-missing"),
        (
            'contributors = "headCount"',
            'contributors = "n"\ncars = "n"',
            "connector-column-unknown",
        ),
        ('"headCount"', '{ from = "n", unit = "fen" }', "connector-unit"),
        ('"headCount"', '{ from = "n", personal = "clear" }', "connector-personal"),
        ('"headCount"', '{ from = "n", form = "YYYY" }', "connector-form"),
        ("requests_per_second = 5", "requests_per_second = 0", "connector-unreadable"),
        ('kind = "oauth2"', 'kind = "password"', "connector-unreadable"),
        ("rows =", "row =", "connector-unreadable"),
        ("[columns]", "[columns", "connector-unreadable"),
    ],
)
def test_a_faulty_file_is_refused(old: str, new: str, code: str) -> None:
    with pytest.raises(Refused) as refusal:
        example(**{old: new})
    assert refusal.value.code == code


def test_a_signed_text_has_no_placeholder_but_the_known() -> None:
    access = document_blocks()[1].removeprefix("[access]\n").replace("{digest}", "{secret}")
    text = re.sub(
        r"(?<=\[access\]\n).*?(?=\n\[paging\])", lambda _: access, documented(), flags=re.S
    )
    with pytest.raises(Refused) as refusal:
        read_connector("tax", text)
    assert refusal.value.code == "connector-placeholder"


def test_one_faulty_file_of_a_folder_keeps_no_other_from_being_pulled(tmp_path: Path) -> None:
    (tmp_path / "good.toml").write_text(documented(), "utf-8")
    (tmp_path / "Bad Name.toml").write_text(documented(), "utf-8")
    (tmp_path / "bad.toml").write_text("no = toml =", "utf-8")
    (tmp_path / "notes.txt").write_text("no connector", "utf-8")
    found = read_folder(tmp_path)
    assert list(found.connectors) == ["good"]
    assert {name: one.code for name, one in found.faulty.items()} == {
        "Bad Name": "connector-name",
        "bad": "connector-unreadable",
    }
