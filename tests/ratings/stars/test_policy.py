from decimal import Decimal
from pathlib import Path

import pytest

from ratings.evaluations.indicators import WEIGHTS
from ratings.ledger.errors import NotFound, Refused
from ratings.stars.policy import load_policy, parse_policy, read_policy

STANDARD = Path(__file__).parents[3] / "ratings/stars/policies/standard.toml"


def test_standard_holds_the_numbers_of_the_rule() -> None:
    policy = load_policy("standard")
    assert (policy.name, policy.version) == ("standard", "1")
    assert policy.parties == {
        "supervisor": Decimal("0.3"),
        "owner": Decimal("0.5"),
        "centre": Decimal("0.2"),
    }
    assert policy.indicators == {party: dict(weights) for party, weights in WEIGHTS.items()}
    assert policy.stars.cuts() == ((5, 90), (4, 80), (3, 70), (2, 60))


def test_bands_begin_at_their_cut() -> None:
    bands = load_policy("standard").stars
    scores = ("100", "90.00", "89.99", "80.00", "79.99", "70.00", "69.99", "60.00", "59.99", "0")
    assert [bands.stars(Decimal(score)) for score in scores] == [5, 5, 4, 4, 3, 3, 2, 2, 1, 1]


def test_the_digest_follows_the_numbers_and_not_the_layout() -> None:
    text = STANDARD.read_text("utf-8")
    digest = load_policy("standard").digest
    assert len(digest) == 64
    relaid = "# A comment.\n" + text.replace("owner = 0.50", "owner   =   0.5")
    assert parse_policy(relaid, origin="copy").digest == digest
    changed = text.replace("limit = 10", "limit = 11")
    assert parse_policy(changed, origin="copy").digest != digest


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("owner = 0.50", "owner = 0.60", "sum to 1"),
        ("owner = 0.50", "", "supervisor, owner and centre"),
        ("quality = 25", "quality = 24", "sum to 100"),
        ("quality = 25", "fee = 25", "not asked about fee"),
        ("five = 90", "five = 80", "descend"),
        ("rated_from = 3", "rated_from = 0", "at least 1"),
        ("minor = 3\ngeneral", "minor = -3\ngeneral", "negative"),
        ("least_party_share = 0.50", "least_party_share = 1.50", "least shares"),
        ("limit = 10", "limit = 10\nlimits = 3", "limits"),
        ("limit = 10", "limit = nan", "nan is not a number"),
        ("five = 90", "five = inf", "inf is not a number"),
        ('version = "1"', 'version = "1"\ndigest = "0"', "digest"),
        ('name = "standard"', "name = ", "line 4"),
    ],
)
def test_a_policy_that_contradicts_itself_is_refused(old: str, new: str, why: str) -> None:
    text = STANDARD.read_text("utf-8")
    assert old in text
    with pytest.raises(Refused, match=why) as caught:
        parse_policy(text.replace(old, new, 1), origin="mine.toml")
    assert "mine.toml" in str(caught.value)


@pytest.mark.parametrize("name", ["robust", "..", "../secrets", ""])
def test_a_policy_that_does_not_ship_is_said_to_be_unavailable(name: str) -> None:
    with pytest.raises(NotFound, match="not available in this version"):
        load_policy(name)


def test_a_policy_of_ones_own_is_read_from_its_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(STANDARD.read_text("utf-8").replace('"standard"', '"mine"'), "utf-8")
    assert read_policy(path).name == "mine"
