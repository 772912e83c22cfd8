"""A stranger recomputes a score of the robust method, bit for bit, from what is public."""

import csv
import json
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import httpx
import msgspec
from click.testing import CliRunner, Result

from ratings.evaluations.actions import answer, unseal
from ratings.evaluations.indicators import Party
from ratings.evaluations.weight_actions import weigh
from ratings.ledger.actors import system
from ratings.ledger.clock import local_date
from ratings.ledger.database import execute, fetch, fetchval
from ratings.ledger.queries import history
from ratings.stars.actions import ReportedEvent, report_event, restand
from ratings.stars.feedback import Severity
from ratings.stars.grade_command import grade
from ratings.stars.reference import quarter_of
from ratings.verification import verify
from tests.conftest import Account
from tests.county import County, at, marks
from tests.ratings.stars.test_policy_in_force import LONG_AGO, ROBUST, THEN, adopted, ago

POLICY = "robust-2"


async def partly(
    county: County, agency: Account, listing: str, scores: dict[Party, int], when: datetime
) -> None:
    """A settled engagement that only some parties have answered; nobody can any more."""
    docket = await county.settled(agency, listing, when=when)
    for party, score in scores.items():
        await answer(at(county.party(party).actor(), when), docket, marks(party, score), final=True)
    if len(scores) < len(Party):
        await unseal(system(when + timedelta(days=40)), docket)


async def downloaded(stranger: httpx.AsyncClient, uscc: str, day: date, folder: Path) -> list[str]:
    """The arguments of `grade` for the public files of a day."""
    record = f"/api/v1/agencies/{uscc}/record"
    asked = {"as_of": day.isoformat()}
    for name, address, query in (
        ("evaluations.csv", f"{record}/evaluations.csv", asked),
        ("events.csv", f"{record}/events.csv", asked),
        ("stars-before.csv", f"{record}/stars-before.csv", asked),
        ("estimates.json", f"/api/v1/policies/{POLICY}/estimates.json", asked),
        ("policy.toml", f"/api/v1/policies/{POLICY}/document", {}),
    ):
        told = await stranger.get(address, params=query)
        assert told.status_code == 200, told.text
        (folder / name).write_bytes(told.content)
    return [
        str(folder / "evaluations.csv"),
        *("--events", str(folder / "events.csv")),
        *("--estimates", str(folder / "estimates.json")),
        *("--stars-before", str(folder / "stars-before.csv")),
        *("--policy", str(folder / "policy.toml")),
        *("--as-of", day.isoformat(), "--out", str(folder / "checked")),
    ]


def graded(arguments: list[str]) -> Result:
    return CliRunner().invoke(grade, arguments)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


async def test_a_robust_score_is_recomputed_bit_for_bit_by_a_stranger(
    county: County, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    agency = await county.agency()
    uscc, listing = agency.uscc or "", await county.listing(agency)
    for score in (94, 91):
        await county.evaluated(agency, listing, score, when=LONG_AGO)
    # An owner of three agencies has a habit, and so has a department.
    for score in (92, 79):
        other = await county.agency()
        both = {Party.OWNER: score + 6, Party.SUPERVISOR: score, Party.CENTRE: score - 3}
        await partly(county, other, await county.listing(other), both, LONG_AGO)
    await adopted(county, msgspec.structs.replace(ROBUST, version="2"), "robust", ago(30))
    await restand(system(ago(20)), uscc)
    # The owner lies more than 15 points below the others; then the owner, then the centre says
    # nothing; and a minor event is the first, a general one is not.
    far = {Party.OWNER: 61, Party.SUPERVISOR: 88, Party.CENTRE: 90}
    await partly(county, agency, listing, far, ago(15))
    without_owner = {Party.SUPERVISOR: 90, Party.CENTRE: 92}
    await partly(county, agency, listing, without_owner, ago(54))
    without_centre = {Party.SUPERVISOR: 87, Party.OWNER: 90}
    await partly(county, agency, listing, without_centre, ago(53))
    # One owner's answer weighs less by an order.
    docket = await fetchval(
        "SELECT id::text FROM docket WHERE uscc = $1 ORDER BY settled_on LIMIT 1", uscc
    )
    second = at((await county.second()).actor(), ago(12))
    await weigh(second, [(docket, Party.OWNER)], Decimal("0.4286"), "a flag", "占比过高")
    await restand(system(ago(8)), uscc)
    for severity, document in (
        (Severity.MINOR, "税简〔2026〕1号"),
        (Severity.GENERAL, "税罚〔2026〕2号"),
    ):
        event = ReportedEvent(uscc, local_date(ago(6)), "云溪县税务局（示范）", document, severity)
        await report_event(at(county.centre.actor(), ago(6)), event)
    await restand(system(ago(5)), uscc)

    seen: set[str] = set()
    organisations = [one[0] for one in await fetch("SELECT id::text FROM organisation")]
    assert county.enterprise.organisation in organisations
    for day in (local_date(ago(20)), local_date(ago(7)), local_date(THEN)):
        arguments = await downloaded(client, uscc, day, folder)
        result = graded(arguments)
        assert result.exit_code == 0, result.output
        (row,) = rows(folder / "checked" / "scores.csv")
        query = {"as_of": day.isoformat()}
        shown = (await client.get(f"/api/v1/agencies/{uscc}/standing", params=query)).json()
        assert shown["policy"] == "robust"
        for column in ("score", "state", "lower_bound"):
            assert row[column] == shown[column]
        for column in ("stars", "engagements"):
            assert row[column] == str(shown[column])
        steps = rows(folder / "checked" / "waterfall.csv")
        assert [(one["step"], one["reference"], one["points"]) for one in steps] == [
            (one["code"], one["reference"], one["points"]) for one in shown["waterfall"]
        ]
        seen |= {one["code"] for one in shown["waterfall"]}
        parties = [part for one in shown["waterfall"] for part in one["parties"]]
        seen |= {"clip" for part in parties if Decimal(part["clipped"] or 0)}
        # The record bears the pseudonyms of the estimates, and nobody's name.
        estimates = json.loads((folder / "estimates.json").read_text("utf-8"))
        known = {name for habits in estimates["estimates"]["leniency"].values() for name in habits}
        answered = rows(folder / "evaluations.csv")
        for party in ("owner", "supervisor"):
            borne = {one["rater"] for one in answered if one["party"] == party}
            assert len(borne) == 1
            assert borne <= known
        assert {one["rater"] for one in answered if one["party"] == "centre"} <= {""}
        text = "".join(path.read_text("utf-8") for path in folder.iterdir() if path.is_file())
        assert not [one for one in organisations if one in text]
    assert seen >= {"start", "engagement", "waived", "deduction", "hysteresis", "clip"}

    # Its digest is the one of the ledger, which also holds the one that `verify` estimates again.
    (frozen,) = [one for one in await history("policy", POLICY) if one.act == "policy.estimated"]
    assert frozen.fact()["published_digest"] == estimates["digest"]
    assert (await verify()).faults == []

    # The policy in force decides the pseudonyms unless another is asked for.
    address = f"/api/v1/agencies/{uscc}/record/evaluations.csv"
    plain = await client.get(address, params={"policy": "standard"})
    assert {line.split(",")[5] for line in plain.text.splitlines()[1:]} == {""}

    # A file that was changed, and one of another quarter or policy, are refused with the reason.
    path = folder / "estimates.json"
    whole = path.read_text("utf-8")
    path.write_text(whole.replace('"prior": "2"', '"prior": "3"'), "utf-8")
    assert "changed" in graded(arguments).output
    path.write_text(whole, "utf-8")
    assert "quarter" in graded([*arguments, "--as-of", "2020-01-01"]).output
    assert "belong to the policy" in graded([*arguments, "--policy", "robust"]).output
    path.write_text("{}", "utf-8")
    assert "no file of estimates" in graded(arguments).output
    path.write_text(whole, "utf-8")
    (folder / "stars-before.csv").write_text(f"uscc,stars\n{uscc},6\n", "utf-8")
    broken = graded(arguments)
    assert broken.exit_code == 1
    assert "line 2: stars is a number from 1 to 5" in broken.output

    # Whoever swaps pseudonyms behind the ledger is found.
    await execute("ALTER TABLE policy_habit DISABLE TRIGGER policy_habit_is_kept")
    await execute("UPDATE policy_habit SET id = gen_random_uuid()")
    assert any("not those published" in fault for fault in (await verify()).faults)


async def test_quarters_before_the_first_answer_have_estimates_of_nothing(
    county: County, client: httpx.AsyncClient
) -> None:
    agency = await county.agency()
    await county.evaluated(agency, await county.listing(agency), 83, when=LONG_AGO)
    early = {"as_of": "0001-01-01", "policy": "robust"}
    told = await client.get(f"/api/v1/agencies/{agency.uscc}/standing", params=early)
    assert (told.status_code, told.json()["state"]) == (200, "unrated")
    address = "/api/v1/policies/{}/estimates.json"
    nothing = await client.get(address.format("robust"), params={"as_of": "2001-02-03"})
    assert nothing.json()["quarter"] == "2001-01-01"
    assert nothing.json()["estimates"]["means"] == {"": {}}
    day = quarter_of(local_date(LONG_AGO)).isoformat()
    missing = await client.get(address.format("robust"), params={"as_of": day})
    assert missing.status_code == 422
    assert missing.json()["type"].endswith("estimates-missing")
    needless = await client.get(address.format("standard"))
    assert needless.status_code == 422
    assert needless.json()["type"].endswith("estimates-needless")
