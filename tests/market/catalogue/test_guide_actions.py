"""Guides in the making: written by two people of a department, reviewed by the centre."""

import asyncio
from typing import Any

import msgspec
import pytest

from market.catalogue import guide_queries
from market.catalogue.guide_actions import (
    add_template,
    discard_draft,
    load_guides,
    name_item_supervisor,
    publish_draft,
    return_draft,
    save_draft,
    submit_draft,
    withdraw_draft,
)
from market.catalogue.guides import GuideFact, GuideMaterial, GuideStep, GuideText
from ratings.ledger.actors import Role, system
from ratings.ledger.clock import local_date, now
from ratings.ledger.database import execute, fetchval
from ratings.ledger.errors import Conflict, Forbidden, NotFound, Refused, Stale, SteelyardError
from ratings.ledger.queries import latest
from ratings.ledger.versions import Versions
from tests.colleagues import colleague
from tests.contract.world import PDF
from tests.county import A_FILE, County, refused

ITEM = "07"
TODAY = local_date(now())


def written(**changes: object) -> GuideText:
    said: dict[str, Any] = {"mark": "department"}
    text = GuideText(
        scope=GuideFact(text_zh="本县项目", text_en="Projects of the county", **said),
        materials=(GuideMaterial(name_zh="申报表", name_en="Form", **said),),
        steps=(GuideStep(text_zh="签订合同", text_en="Sign the contract", **said),),
    )
    return msgspec.structs.replace(text, **changes)


def version(number: int) -> Versions:
    return frozenset({number})


async def test_every_active_item_begins_with_a_guide_that_says_what_it_lacks(
    county: County,
) -> None:
    found = [one for one in await guide_queries.guides(TODAY) if one.active]
    assert len(found) == 39
    assert {one.number for one in found} == {1}
    assert all("materials" in one.missing and "standard" in one.missing for one in found)
    rows = {one.item: one for one in found}
    assert "deliverable" not in rows["02"].missing
    assert "scope" not in rows["12"].missing
    assert await load_guides(system(now())) == 0


async def test_the_fee_is_what_is_in_force_and_no_part_of_the_text(county: County) -> None:
    by_standard = await guide_queries.guide("05", TODAY)
    assert by_standard.standard is not None
    assert by_standard.standard.document == "计价格〔2002〕10号"
    by_range = await guide_queries.guide(ITEM, TODAY)
    assert {one.size_class for one in by_range.ranges} == {"small", "medium", "large"}
    await execute("DELETE FROM county_range WHERE item = $1", ITEM)
    without = await guide_queries.guide(ITEM, TODAY)
    assert without.ranges == []
    assert ("fee" in without.row.missing) is (without.standard is None)


async def test_a_draft_is_in_force_once_the_centre_has_published_it(county: County) -> None:
    department, centre = county.supervisor.actor(), county.centre.actor()
    saved = await save_draft(department, ITEM, written(), version(0))
    assert saved.version == 1
    before = await guide_queries.guide(ITEM, TODAY)
    assert before.text.scope == GuideFact()
    draft = await guide_queries.draft(department, ITEM)
    parts = [(one.part, one.kind) for one in draft.changes]
    assert parts == [
        ("scope", "added"),
        ("materials", "added"),
        ("steps", "added"),
        ("deliverable", "removed"),
    ]
    submitted = await submit_draft(department, ITEM, version(1))
    await refused(
        save_draft(department, ITEM, written(), version(submitted.version)),
        Conflict,
        "guide-submitted",
    )
    number = await publish_draft(centre, ITEM, version(submitted.version))
    assert number == 2
    guide = await guide_queries.guide(ITEM, TODAY)
    assert guide.row.number == 2
    assert guide.text == draft.text
    old, new = [await guide_queries.edition(ITEM, one) for one in (1, 2)]
    assert old.text == before.text
    assert old.changes == ()
    assert new.changes == draft.changes
    assert [one.number for one in await guide_queries.versions(ITEM)] == [2, 1]
    (entry,) = await latest(1)
    assert (entry.act, entry.subject, entry.person) == ("guide.published", ITEM, centre.person)
    facts = msgspec.json.decode(entry.facts)
    assert (facts["number"], facts["department"]) == (2, department.organisation)
    assert await guide_queries.drafts(centre) == []
    await refused(publish_draft(centre, ITEM), Conflict, "guide-not-submitted")
    # Who has read the guide before anybody wrote is told that it is another one now.
    await refused(save_draft(department, ITEM, written(), version(0)), Stale, "changed-meanwhile")


async def test_a_returned_draft_says_why_and_goes_on(county: County) -> None:
    department, centre = county.supervisor.actor(), county.centre.actor()
    await save_draft(department, ITEM, written())
    await refused(return_draft(centre, ITEM, "不全"), Conflict, "guide-not-submitted")
    await submit_draft(department, ITEM)
    await withdraw_draft(department, ITEM)
    sent = await submit_draft(department, ITEM)
    await refused(return_draft(centre, ITEM, " "), Refused, "reason-missing")
    await refused(return_draft(centre, ITEM, "不全", version(1)), Stale, "changed-meanwhile")
    await return_draft(centre, ITEM, "缺少来源", version(sent.version))
    draft = await guide_queries.draft(department, ITEM)
    assert (draft.state, draft.decision) == ("returned", "缺少来源")
    await save_draft(department, ITEM, written(steps=()), version(draft.version))
    await submit_draft(department, ITEM)
    assert await publish_draft(centre, ITEM) == 2


async def test_who_has_submitted_reviews_nothing(county: County) -> None:
    """One person may wear both hats; the review needs another one all the same."""
    department = county.supervisor.actor()
    await save_draft(department, ITEM, written())
    await submit_draft(department, ITEM)
    both = msgspec.structs.replace(county.centre.actor(), person=department.person)
    await refused(publish_draft(both, ITEM), Forbidden, "second-person-needed")
    await refused(return_draft(both, ITEM, "不"), Forbidden, "second-person-needed")


async def test_a_guide_belongs_to_the_department_of_its_item(county: County) -> None:
    other = await county.account(Role.SUPERVISOR)
    first, centre = county.supervisor.actor(), county.centre.actor()
    await save_draft(first, ITEM, written())
    for item in (ITEM, "98"):
        await refused(save_draft(other.actor(), item, written()), NotFound, "guide-draft-unknown")
        with pytest.raises(NotFound):
            await guide_queries.draft(other.actor(), item)
    assert await guide_queries.drafts(other.actor()) == []
    await name_item_supervisor(centre, ITEM, other.organisation, version(0))
    await refused(name_item_supervisor(centre, ITEM, None, version(0)), Stale, "changed-meanwhile")
    await refused(save_draft(first, ITEM, written()), NotFound, "guide-draft-unknown")
    row = (await guide_queries.guide(ITEM, TODAY)).row
    assert (row.supervisor, row.named) == (other.organisation, True)
    await save_draft(other.actor(), ITEM, written(steps=()))
    await name_item_supervisor(centre, ITEM, None, version(1))
    row = (await guide_queries.guide(ITEM, TODAY)).row
    assert (row.supervisor, row.named) == (county.supervisor.organisation, False)
    # Item 01 is in no package: nobody is responsible for it before the centre names somebody.
    await refused(save_draft(first, "01", written()), NotFound, "guide-draft-unknown")
    await name_item_supervisor(centre, "01", first.organisation)
    await save_draft(first, "01", written())
    await refused(
        name_item_supervisor(centre, "01", county.enterprise.organisation),
        NotFound,
        "supervisor-unknown",
    )
    await refused(name_item_supervisor(centre, "98", None), NotFound, "item-unknown")


async def test_what_is_no_guide_is_not_submitted(county: County) -> None:
    department = county.supervisor.actor()
    cases: list[tuple[GuideText, type[SteelyardError], str]] = [
        (written(scope=GuideFact(text_zh="一" * 2001)), Refused, "guide-invalid"),
        (
            written(materials=(GuideMaterial(name_zh="表", template=str(A_FILE.sha256[:32])),)),
            NotFound,
            "template-unknown",
        ),
    ]
    for text, kind, code in cases:
        await refused(save_draft(department, ITEM, text), kind, code)
    in_force = (await guide_queries.guide(ITEM, TODAY)).text
    await save_draft(department, ITEM, in_force)
    await refused(submit_draft(department, ITEM), Refused, "nothing-changed-in-guide")
    await save_draft(department, ITEM, written(scope=GuideFact(text_zh="只有中文")))
    error = await refused(submit_draft(department, ITEM), Refused, "guide-unfinished")
    assert [one.pointer for one in error.faults] == ["/scope/text_en"]


async def test_templates_stay_as_long_as_something_names_them(county: County) -> None:
    department = county.supervisor.actor()
    await save_draft(department, ITEM, written())
    one = msgspec.structs.replace(A_FILE, storage_key="templates/one")
    two = msgspec.structs.replace(A_FILE, storage_key="templates/two")
    await refused(add_template(department, ITEM, 9, one), NotFound, "material-unknown")
    first = await add_template(department, ITEM, 1, one, version(1))
    stranger = (await county.account(Role.SUPERVISOR)).actor()
    with pytest.raises(NotFound):
        await guide_queries.template(stranger, first.template)
    second = await add_template(department, ITEM, 1, two, version(first.version))
    assert second.unused == ("templates/one",)
    await submit_draft(department, ITEM)
    await publish_draft(county.centre.actor(), ITEM)
    public = await guide_queries.template(stranger, second.template)
    assert public.storage_key == "templates/two"
    text = (await guide_queries.guide(ITEM, TODAY)).text
    bare = tuple(msgspec.structs.replace(one, template=None) for one in text.materials)
    dropped = await save_draft(department, ITEM, msgspec.structs.replace(text, materials=bare))
    # The version in force names it, and those that come after it will go on showing that version.
    assert dropped.unused == ()
    third = await add_template(department, ITEM, 1, one)
    assert (await discard_draft(department, ITEM)).unused == ("templates/one",)
    with pytest.raises(NotFound):
        await guide_queries.template(department, third.template)
    await refused(discard_draft(department, ITEM), Conflict, "guide-draft-none")


async def test_of_two_colleagues_who_save_at_once_one_is_told(county: County) -> None:
    people = [county.supervisor.actor()]
    people.append((await colleague(county.app, county.supervisor)).actor())
    for turn in range(3):
        ended = await asyncio.gather(
            *(save_draft(one, ITEM, written(), version(turn)) for one in people * 2),
            return_exceptions=True,
        )
        assert sum(not isinstance(one, Exception) for one in ended) == 1
        assert all(isinstance(one, Stale) for one in ended if isinstance(one, Exception))
    acts = "SELECT count(*) FROM ledger_entry WHERE act = 'guide.edited'"
    assert await fetchval(acts) == 3


async def test_of_many_decisions_at_once_one_counts(county: County) -> None:
    department = county.supervisor.actor()
    await save_draft(department, ITEM, written())
    sent = version((await submit_draft(department, ITEM)).version)
    people = [county.centre.actor(), (await county.second()).actor()]
    ended = await asyncio.gather(
        *(publish_draft(one, ITEM, sent) for one in people),
        *(return_draft(one, ITEM, "不", sent) for one in people),
        withdraw_draft(department, ITEM, sent),
        return_exceptions=True,
    )
    assert sum(not isinstance(one, Exception) for one in ended) == 1
    assert all(isinstance(one, Stale) for one in ended if isinstance(one, Exception))


async def test_the_api_goes_the_same_way(county: County) -> None:
    office, centre = county.supervisor.client, county.centre.client
    path = f"/api/v1/guides/{ITEM}/draft"
    begun = await office.get(path)
    assert (begun.json()["state"], begun.json()["version"]) == ("none", 0)
    body = msgspec.to_builtins(written())
    assert (await office.put(path, json=body)).status_code == 428
    tag = {"If-Match": begun.headers["etag"]}
    assert (await office.put(path, json=body, headers=tag)).json() == {"version": 1}
    late = await office.put(path, json=body, headers=tag)
    assert (late.status_code, late.json()["code"]) == (412, "changed-meanwhile")
    whichever = {"If-Match": "*", "Idempotency-Key": "one-template"}
    upload = f"{path}/materials/1/template"
    answers = [
        await office.post(upload, params={"filename": "表.pdf"}, content=PDF, headers=whichever)
        for _ in range(2)
    ]
    assert [one.status_code for one in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    wrong = await office.post(
        upload, params={"filename": "表.exe"}, content=PDF, headers={"If-Match": "*"}
    )
    assert (wrong.status_code, wrong.json()["code"]) == (422, "file-kind-unknown")
    template = f"/api/v1/guide-templates/{answers[0].json()['template']}"
    assert (await office.get(template)).content == PDF
    assert (await county.enterprise.client.get(template)).status_code == 404
    tag = {"If-Match": (await office.get(path)).headers["etag"]}
    assert (await office.post(f"{path}/submission", headers=tag)).status_code == 201
    tag = {"If-Match": (await centre.get(path)).headers["etag"]}
    published = await centre.post(f"{path}/publication", headers=tag)
    assert published.json() == {"number": 2}
    assert (await county.enterprise.client.get(template)).content == PDF
    shown = (await county.enterprise.client.get(f"/api/v1/guides/{ITEM}")).json()
    assert (shown["number"], shown["text"]["scope"]["text_zh"]) == (2, "本县项目")
    assert shown["record"]["code"] == ITEM
    assert "standard" in shown["missing"]
