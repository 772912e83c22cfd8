"""The screen over whole directories: the walk's agencies, and what absence may not do."""

import csv
import datetime as dt
from collections.abc import Callable, Iterable
from pathlib import Path
from random import Random

import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from ratings.ledger.errors import Refused
from ratings.shells.demonstration_feeds import AgencyFacts, write_feeds
from ratings.shells.demonstration_lives import Profile
from ratings.shells.policy import load_policy
from ratings.shells.scorecard import Outcome, Score
from ratings.shells.screen import Screening, screen_directory
from ratings.signals.cells import WINDOW, month_number, month_text

AS_OF = "2026-06"
FOR = {one.name for one in load_policy().features if one.favourable is not None}
NEWEST = month_number(AS_OF)
Row = dict[str, object]
Code = Callable[[int], str]


@pytest.fixture(scope="module")
def agencies(code: Code) -> list[AgencyFacts]:
    parts = [profile for profile in Profile for _ in range(4)]
    parts += [Profile.NORMAL] * (90 - len(parts))
    return [AgencyFacts(code(number), part) for number, part in enumerate(parts)]


@pytest.fixture(scope="module")
def feeds(tmp_path_factory: pytest.TempPathFactory, agencies: list[AgencyFacts]) -> Path:
    folder = tmp_path_factory.mktemp("demonstration")
    write_feeds(folder, agencies, AS_OF, seed=7)
    return folder


@pytest.fixture(scope="module")
def screening(feeds: Path) -> Screening:
    return screen_directory(feeds, AS_OF)


def of_profile(
    screening: Screening, agencies: Iterable[AgencyFacts], profile: Profile
) -> list[Score]:
    codes = {agency.uscc for agency in agencies if agency.profile is profile}
    return [score for score in screening.scores if score.uscc in codes]


# The retired staff are honest: that nobody has told of them yet is what the notice is for.
NOTICED = {
    Profile.SHELL: Outcome.CASE,
    Profile.BOUGHT_SHELL: Outcome.CASE,
    Profile.RETIRED_STAFF: Outcome.CASE,
    Profile.CERTIFICATE_HANGING: Outcome.WATCH,
    Profile.MISSING_FEED: Outcome.INSUFFICIENT,
}


@pytest.mark.parametrize("profile", Profile)
def test_the_shell_is_flagged_and_the_honest_are_left_alone(
    screening: Screening, agencies: list[AgencyFacts], profile: Profile
) -> None:
    scores = of_profile(screening, agencies, profile)
    assert len(scores) >= 4
    assert {score.outcome for score in scores} == {NOTICED.get(profile, Outcome.NONE)}


def test_every_agency_is_scored_once_and_nothing_was_set_aside(
    screening: Screening, agencies: list[AgencyFacts]
) -> None:
    assert [score.uscc for score in screening.scores] == sorted(a.uscc for a in agencies)
    assert sum(screening.counts.values()) == len(agencies)
    assert screening.unmatched == ()


@pytest.mark.parametrize(
    ("profile", "kind"),
    [
        (Profile.NEW_FIRM, "new_firm"),
        (Profile.REGISTERED_CLOSURE, "registered_closure"),
        (Profile.SOLE_PRACTITIONER, "sole_practitioner"),
        (Profile.QUARTERLY, "quarterly_filer"),
        (Profile.LABOUR_DISPATCH, "labour_dispatch"),
    ],
)
def test_a_lawful_zero_is_a_row_of_its_own(
    screening: Screening, agencies: list[AgencyFacts], profile: Profile, kind: str
) -> None:
    for score in of_profile(screening, agencies, profile):
        (row,) = (row for row in score.reasons if row.feature == kind)
        assert row.signal_class == "excuse"
        assert row.months


def test_the_same_seed_writes_the_same_bytes(
    feeds: Path, tmp_path: Path, agencies: list[AgencyFacts]
) -> None:
    write_feeds(tmp_path, agencies, AS_OF, seed=7)
    for file in feeds.iterdir():
        assert (tmp_path / file.name).read_bytes() == file.read_bytes()


def test_order_and_repetition_of_rows_change_nothing(
    feeds: Path, screening: Screening, tmp_path: Path
) -> None:
    for file in feeds.iterdir():
        header, *lines = file.read_text().splitlines()
        lines += lines[: len(lines) // 2]
        Random(3).shuffle(lines)
        (tmp_path / file.name).write_text("\n".join((header, *lines)))
    again = screen_directory(tmp_path, AS_OF)
    assert again.scores == screening.scores
    assert sum(batch.duplicates for batch in again.batches) > 0


@pytest.mark.parametrize("story_ends", ["2026-01", "2026-06", "2026-12"])
@pytest.mark.parametrize("back", [0, 1, 4])
def test_the_parts_are_played_in_every_month_of_the_year(
    tmp_path: Path, code: Code, story_ends: str, back: int
) -> None:
    """One of each in a county of sixty, as the demonstration has them, screened while the story
    runs: the shell was bought three months before it ends."""
    parts = [*Profile, Profile.SHELL, *[Profile.NORMAL] * 47]
    some = [AgencyFacts(code(number), part) for number, part in enumerate(parts)]
    as_of = month_text(month_number(story_ends) - back)
    write_feeds(tmp_path, some, as_of, story_ends=story_ends)
    told = {score.uscc: score.outcome for score in screen_directory(tmp_path, as_of).scores}
    wanted = NOTICED if back < 3 else NOTICED | {Profile.BOUGHT_SHELL: Outcome.NONE}
    for agency in some:
        if agency.uscc not in told:
            assert agency.profile is Profile.NEW_FIRM
        elif agency.profile is Profile.RETIRED_STAFF and back == 1:
            assert told[agency.uscc] in (Outcome.CASE, Outcome.WATCH)
        else:
            assert told[agency.uscc] is wanted.get(agency.profile, Outcome.NONE), agency.profile


def test_a_delivery_goes_on_where_the_one_before_ended(
    feeds: Path, tmp_path: Path, agencies: list[AgencyFacts]
) -> None:
    write_feeds(tmp_path / "first", agencies, "2026-03", seed=7, story_ends=AS_OF)
    write_feeds(tmp_path / "then", agencies, AS_OF, seed=7, story_ends=AS_OF, sent_before="2026-03")
    first = month_text(NEWEST - WINDOW + 1)
    for feed in ("tax_filing", "practitioners", "utilities", "registration"):
        whole, *parts = [
            (folder / f"{feed}.csv").read_text().splitlines()[1:]
            for folder in (feeds, tmp_path / "first", tmp_path / "then")
        ]
        both = [line for part in parts for line in part if line.split(",")[1] >= first]
        assert sorted(both) == sorted(whole), feed


@pytest.mark.parametrize(
    "feed",
    [
        "tax_filing",
        "invoices",
        "social_insurance",
        "housing_fund",
        "registration",
        "practitioners",
        "utilities",
        "judicial",
    ],
)
def test_the_outage_of_one_feed_flags_nobody(
    feeds: Path, screening: Screening, tmp_path: Path, feed: str
) -> None:
    for file in feeds.iterdir():
        if file.stem != feed:
            (tmp_path / file.name).write_bytes(file.read_bytes())
    dark = screen_directory(tmp_path, AS_OF)
    before = {score.uscc: score for score in screening.scores}
    for score in dark.scores:
        assert score.outcome is not Outcome.CASE or before[score.uscc].outcome is Outcome.CASE
        whole = before[score.uscc]
        spoke = sum(min(row.contribution, 0.0) for row in whole.reasons if row.feature in FOR)
        assert score.log_odds <= whole.log_odds - spoke + 1e-9
        assert score.reasons[0].contribution <= whole.reasons[0].contribution


def written(folder: Path, tables: dict[str, list[Row]]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in tables.items():
        with (folder / f"{name}.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    return folder


def histories(random: Random, code: Code, firms: int) -> dict[str, list[Row]]:
    """Wild firms, each followed by five copies that each lack something."""
    tables: dict[str, list[Row]] = {"tax_filing": [], "social_insurance": [], "registration": []}
    for firm in range(firms):
        bias = random.random()
        months = [month_text(NEWEST - WINDOW + 1 + place) for place in range(WINDOW)]
        tax = [
            random.choice(["ZERO", "OVERDUE"]) if random.random() < bias else "POS" for _ in months
        ]
        staff = [0 if random.random() < bias else random.randint(1, 9) for _ in months]
        register = {
            "status": "active",
            "established_on": dt.date(random.randint(2015, 2026), random.randint(1, 6), 5),
            "abnormal_since": "2025-10-01" if random.random() < bias else "",
            "abnormal_reason": "",
            "annual_report_filed": random.random() > bias,
        }
        gaps = {month for month in months if random.random() < 0.3}
        for copy in range(6):
            uscc = code(firm * 6 + copy)
            for place, month in enumerate(months):
                cell: Row = {"uscc": uscc, "month": month}
                if copy != 1 and not (copy == 4 and month in gaps):
                    tables["tax_filing"].append(cell | {"state": tax[place]})
                if copy != 2 and not (copy == 5 and month in gaps):
                    tables["social_insurance"].append(cell | {"insured": staff[place]})
                if copy != 3:
                    tables["registration"].append(cell | register)
    return tables


# Each example is a population of its own; there is nothing to learn from shrinking its seed.
@settings(max_examples=4, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(seed=st.integers(0, 10**6))
@example(seed=123)  # a month with staff, of a firm excused for its age, is missing
def test_what_is_missing_never_speaks_against_a_firm(
    seed: int, code: Code, tmp_path_factory: pytest.TempPathFactory
) -> None:
    tables = histories(Random(seed), code, firms=40)
    folder = written(tmp_path_factory.mktemp("wild"), tables)
    scores = {score.uscc: score for score in screen_directory(folder, AS_OF).scores}
    assert len({round(score.log_odds, 3) for score in scores.values()}) > 5
    for firm in range(40):
        whole = scores[code(firm * 6)]
        for copy in range(1, 6):
            lacking = scores[code(firm * 6 + copy)]
            # What spoke for the firm is missed, and nothing else can make it look worse.
            spoke = sum(min(row.contribution, 0.0) for row in whole.reasons if row.feature in FOR)
            assert lacking.log_odds <= whole.log_odds - spoke + 1e-9, (firm, copy)
            against = {row.feature for row in whole.reasons if row.contribution > 0}
            assert {r.feature for r in lacking.reasons if r.contribution > 0} <= against
            if copy <= 3:
                assert lacking.outcome not in {Outcome.CASE, Outcome.WATCH}, (firm, copy)


def neighbours(code: Code, firms: int, **shared: object) -> list[Row]:
    return [
        {
            "uscc": code(number),
            "month": AS_OF,
            "status": "active",
            "established_on": "2015-01-01",
            "address_id": f"address-{number}",
            "address_hosted": "false",
            "phone_id": f"phone-{number}",
            "legal_rep_id": f"person-{number}",
        }
        | shared
        for number in range(firms)
    ]


def register_values(folder: Path, rows: list[Row]) -> dict[str, set[float | None]]:
    """Feature -> the values it has among the firms of this register."""
    found: dict[str, set[float | None]] = {}
    for score in screen_directory(written(folder, {"registration": rows}), AS_OF).scores:
        for row in score.reasons:
            found.setdefault(row.feature, set()).add(row.value)
    return found


def test_two_shared_things_make_a_cluster_and_one_does_not(tmp_path: Path, code: Code) -> None:
    rows = neighbours(code, 12, phone_id="same")
    for row in rows[:5]:
        row["legal_rep_id"] = "one-person"
    assert register_values(tmp_path, rows)["cluster"] == {1, 5}


def test_a_crowded_address_is_counted_and_ties(tmp_path: Path, code: Code) -> None:
    found = register_values(
        tmp_path, neighbours(code, 12, address_id="tower", phone_id="front-desk")
    )
    assert found["cluster"] == {12}
    assert found["address_crowding"] == {11}


def test_a_hosted_address_is_neither_crowded_nor_a_bond(tmp_path: Path, code: Code) -> None:
    found = register_values(
        tmp_path,
        neighbours(code, 12, address_id="tower", phone_id="front-desk", address_hosted="true"),
    )
    assert found["cluster"] == {1}
    assert "address_crowding" not in found
    assert found["hosted_address"] == {1}


def test_a_bookkeepers_telephone_ties_nobody(tmp_path: Path, code: Code) -> None:
    many = load_policy().bookkeeper_firms + 1
    rows = neighbours(code, many, phone_id="bookkeeper", address_id="street")
    assert register_values(tmp_path, rows)["cluster"] == {1}


def test_an_engine_we_do_not_have_is_refused(feeds: Path) -> None:
    with pytest.raises(Refused, match="it runs on: duckdb"):
        screen_directory(feeds, AS_OF, engine="abacus")


def test_a_directory_with_excuses_alone_is_refused(tmp_path: Path, code: Code) -> None:
    row: Row = {"uscc": code(1), "kind": "branch", "from_month": "2026-01", "to_month": ""}
    with pytest.raises(Refused, match="tax_filing"):
        screen_directory(written(tmp_path, {"excuses": [row]}), AS_OF)
