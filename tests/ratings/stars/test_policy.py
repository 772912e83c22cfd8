from decimal import Decimal
from pathlib import Path

import pytest

from ratings.evaluations.indicators import WEIGHTS
from ratings.ledger.errors import NotFound, Refused
from ratings.stars.policy import document_of, load_policy, parse_policy, read_policy

POLICIES = Path(__file__).parents[3] / "ratings/stars/policies"
STANDARD = POLICIES / "standard.toml"


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
        ("quality = 25", "fee = 25", "/indicators/supervisor/fee: This party is not asked"),
        ("five = 90", "five = 80", "descend"),
        ("rated_from = 3", "rated_from = 0", "/window/rated_from: .* at least 1"),
        ("rated_from = 3", "rated_from = 2.5", "whole count"),
        ('version = "1"', 'version = "1"\nmethod = "robust"', "belong together"),
        ('version = "1"', 'version = "1"\nmethod = "magic"', "magic"),
        ("minor = 3\ngeneral", "minor = -3\ngeneral", "/feedback/minor: A number from 0"),
        (
            "least_party_share = 0.50",
            "least_party_share = 1.50",
            "/missing/least_party_share: A least share",
        ),
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


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('method = "robust"', "", "belong together"),
        ("rated_from = 0.5", "rated_from = 0", "/window/rated_from: It must be above 0"),
        ("owner_clip = 15", "owner_clip = 0", "/robust/owner_clip: It must be above 0"),
        ("owner_clip = 15", "owner_clipped = 15", "owner_clip"),
        (
            "half_life_months = 12",
            "half_life_months = -1",
            "/robust/half_life_months: A number from 0",
        ),
        ("confidence = 1.28", "confidence = -1", "/robust/confidence: A number from 0"),
        ("hysteresis = 2", "hysteresis = 10", "narrower than every band"),
        ("review_from = 0.1", "review_from = 0", "/robust/review_from: A probability"),
        ("review_from = 0.1", "review_from = 1.1", "/robust/review_from: A probability"),
        ("trade_from = 30", "trade_from = 0", "/robust/means/trade_from: It must be at least 1"),
        ("rounds = 8", "rounds = 0", "/robust/leniency/rounds: It must be at least 1"),
        ("rounds = 8", "rounds = 8.5", "rounds"),
        ("owner = 4", "", "must name supervisor, owner and centre"),
        ("owner = 4", "owner = 0", "/robust/leniency/shrinkage/owner: It must be above 0"),
        ("start = 2", "start = 6", "between the least and the most"),
        ("variance = 36", "variance = 0", "/robust/prior/variance: It must be above 0"),
    ],
)
def test_a_robust_policy_that_contradicts_itself_is_refused(old: str, new: str, why: str) -> None:
    text = (POLICIES / "robust.toml").read_text("utf-8")
    assert old in text
    with pytest.raises(Refused, match=why):
        parse_policy(text.replace(old, new, 1), origin="mine.toml")


def test_a_number_that_came_later_leaves_the_digest_of_earlier_scores_alone() -> None:
    text = (POLICIES / "robust.toml").read_text("utf-8")
    silent = parse_policy(text.replace("review_from = 0.1", "", 1), origin="mine.toml")
    assert silent == load_policy("robust")
    assert silent.digest == "f84c46807242ae412c725ce3953a15dc27359abfd9ba14197f2c5c9ce74cbaaa"
    stricter = text.replace("review_from = 0.1", "review_from = 0.2", 1)
    assert parse_policy(stricter, origin="mine.toml").digest != silent.digest
    assert parse_policy(document_of(silent), origin="mine.toml") == silent


def test_the_digest_of_standard_is_the_one_its_first_scores_carry() -> None:
    """A new section must not disturb it: published standings name it for ever."""
    digest = load_policy("standard").digest
    assert digest == "6728d257cdc5b05fa1c8e905b034a3e8eaafc775f6846a14a21c2f48b8742d9e"


@pytest.mark.parametrize("name", ["strict", "..", "../secrets", ""])
def test_a_policy_that_does_not_ship_is_said_to_be_unavailable(name: str) -> None:
    with pytest.raises(NotFound, match="not available in this version"):
        load_policy(name)


def test_a_policy_of_ones_own_is_read_from_its_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(STANDARD.read_text("utf-8").replace('"standard"', '"mine"'), "utf-8")
    assert read_policy(path).name == "mine"
