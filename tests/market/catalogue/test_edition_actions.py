"""Editions are made by two people, take effect on their day, and leave the past as it was."""

import asyncio
from datetime import date, timedelta

import msgspec
import pytest

from market.catalogue.edition_actions import (
    NewEdition,
    adopt_edition,
    discard_edition,
    draft_edition,
    drop_change,
    propose_change,
    take_effect,
)
from market.catalogue.edition_queries import (
    changes,
    differences_of,
    due_editions,
    edition,
    edition_on,
    editions,
    item_editions,
    item_on,
    items_on,
    leaving_items,
)
from market.catalogue.editions import Change
from market.catalogue.items import load_items
from market.catalogue.queries import item, items, package
from market.worker import sweep
from ratings.ledger.actors import Actor, Role, system
from ratings.ledger.clock import local_date, now, start_of_day
from ratings.ledger.database import execute, fetchval
from ratings.ledger.errors import Conflict, Forbidden, NotFound, Refused, Stale
from ratings.ledger.queries import history
from tests.colleagues import colleague
from tests.conftest import Account
from tests.county import County, at, jobs, refused

ITEMS = load_items()
PUBLIC = Actor(Role.PUBLIC, now())
WANTED = NewEdition("清单2.1", "按年度评估调整")
NEW = {
    "name_zh": "海绵城市专项设计",
    "name_en": "Sponge-city design",
    "field_zh": "勘察设计",
    "field_en": "Survey and design",
    "kind": "non-mandatory",
    "approval_zh": "方案审查",
    "approval_en": "Scheme review",
    "item_status": "unconfirmed",
    "working_days": 10,
}


def change(kind: str, code: str, **more: object) -> Change:
    return msgspec.convert({"kind": kind, "code": code, "reason_zh": "年度评估", **more}, Change)


ACTS = (
    change("amend", "16", fields={"working_days": 15, "days_basis": "promised"}),
    change("withdraw", "01"),
    change("add", "50", fields=NEW),
    change("merge", "14", successor="13"),
)


@pytest.fixture
async def second(county: County) -> Account:
    """Another person of the centre."""
    return await county.second()


async def drafted(county: County, *acts: Change) -> str:
    made = await draft_edition(county.centre.actor(), WANTED)
    for act in acts:
        await propose_change(county.centre.actor(), made, act)
    return made


def today() -> date:
    return local_date(now())


async def test_the_catalogue_begins_with_its_first_edition(county: County) -> None:
    (first,) = await editions(PUBLIC)
    assert (first.id, first.number, first.in_force) == ("list-2.0", 1, True)
    assert (first.items, first.active, first.effective_on) == (49, 39, None)
    assert await items_on(date(2020, 1, 1)) == list(ITEMS.values()) == await items()
    with pytest.raises(Refused, match="none before it"):
        await differences_of(PUBLIC, "list-2.0")


async def test_a_second_person_makes_the_draft_the_list_of_today(
    county: County, second: Account
) -> None:
    made = await drafted(county, *ACTS)
    assert await items() == list(ITEMS.values()), "a draft changes nothing"
    with pytest.raises(NotFound):
        await edition(PUBLIC, made)
    assert [one.own for one in await changes(county.centre.actor(), made)] == [True] * 4
    assert [one.own for one in await changes(second.actor(), made)] == [False] * 4
    await adopt_edition(second.actor(), made, today())

    assert (await item("16")).working_days == 15
    assert (await item("14")).successor == "13"
    assert not (await item("01")).active
    assert (await item("50")).name_zh == "海绵城市专项设计"
    row = await edition_on(today())
    assert (row.id, row.number, row.in_force, row.items, row.active) == (made, 2, True, 50, 38)
    found = await differences_of(PUBLIC, made)
    assert found.since == "list-2.0"
    assert [one.code for one in found.added] == ["50"]
    assert [(one.code, one.kind) for one in found.changed] == [
        ("01", "withdrawn"),
        ("14", "merged"),
        ("16", "amended"),
    ]
    last = (await history("edition", made))[-1]
    assert last.act == "edition.adopted"
    assert last.fact()["withdrawn"] == ["01"]
    assert last.fact()["merged"] == ["14 → 13"]
    # The day before still has the old list, and the item's own history tells both.
    yesterday = today() - timedelta(days=1)
    assert await item_on("16", yesterday) == ITEMS["16"]
    with pytest.raises(NotFound, match="has no item 50"):
        await item_on("50", yesterday)
    told = await item_editions("16")
    assert [(one.edition, one.change and one.change.kind) for one in told] == [
        (made, "amended"),
        ("list-2.0", None),
    ]


async def test_nobody_adopts_what_they_have_proposed(county: County, second: Account) -> None:
    made = await drafted(county, ACTS[0])
    centre = county.centre.actor()
    await refused(adopt_edition(centre, made, today()), Forbidden, "second-person-needed")
    await propose_change(second.actor(), made, ACTS[1])
    await refused(adopt_edition(second.actor(), made, today()), Forbidden, "second-person-needed")


async def test_an_edition_of_a_later_day_appears_on_that_day(
    county: County, second: Account
) -> None:
    made = await drafted(county, ACTS[0], change("withdraw", "01"))
    day = today() + timedelta(days=3)
    await adopt_edition(second.actor(), made, day)
    assert await items() == list(ITEMS.values())
    assert (await edition_on(day)).id == made
    assert not (await edition_on(day)).in_force
    assert await leaving_items() == ["01"]
    assert await jobs("edition-take-effect") == 1
    assert (await edition(PUBLIC, made)).effective_on == day, "what is to come is public"

    before = start_of_day(day) - timedelta(seconds=1)
    await take_effect(system(before), made)
    await sweep(before)
    assert (await item("01")).active
    assert await due_editions(local_date(before)) == []
    await sweep(start_of_day(day))
    assert not (await item("01")).active
    entries = len(await history("edition", made))
    await take_effect(system(start_of_day(day)), made)
    assert len(await history("edition", made)) == entries, "the second time nothing happens"
    assert await leaving_items() == []


async def test_editions_take_effect_in_their_order(county: County, second: Account) -> None:
    day = today() + timedelta(days=2)
    first = await drafted(county, ACTS[0])
    await adopt_edition(second.actor(), first, day)
    later = await drafted(county, change("amend", "16", fields={"working_days": 9}))
    await refused(adopt_edition(second.actor(), later, today()), Refused, "edition-overtakes")
    await adopt_edition(second.actor(), later, day)
    await take_effect(system(start_of_day(day)), later)
    assert (await item("16")).working_days == 9
    assert (await item("16")).days_basis == "promised", "the one before it is in it"
    await take_effect(system(start_of_day(day)), first)
    assert (await item("16")).working_days == 9
    assert (await differences_of(PUBLIC, later, "list-2.0")).changed[0].fields[0].old == 20
    with pytest.raises(Refused, match="not an earlier"):
        await differences_of(PUBLIC, first, later)


async def test_a_package_that_holds_an_item_keeps_it(county: County, second: Account) -> None:
    made = await drafted(county, change("merge", "21", successor="20"))
    error = await refused(
        adopt_edition(second.actor(), made, today()), Conflict, "package-holds-item"
    )
    assert "21" in str(error)
    assert "Consulting" in str(error)
    await execute(
        "UPDATE package SET record = jsonb_set(record, '{items}', (record->'items') - '21')"
        " WHERE code = 'consulting'"
    )
    await adopt_edition(second.actor(), made, today())
    assert (await item("21")).ended == "merged"
    assert "21" not in [one.code for one in (await package("consulting")).items]


async def test_no_item_gives_way_to_one_that_ends_in_the_same_edition(
    county: County, second: Account
) -> None:
    merged, ended = change("merge", "27", successor="25"), change("withdraw", "25")
    made = await drafted(county, merged, ended)
    error = await refused(
        adopt_edition(second.actor(), made, today()), Refused, "successor-unknown"
    )
    assert "27" in str(error)
    await drop_change(county.centre.actor(), made, 2)
    await adopt_edition(second.actor(), made, today())
    assert (await item("27")).successor == "25"
    # In a later edition its successor may end, for a reason of its own.
    await adopt_edition(second.actor(), await drafted(county, ended), today())
    assert not (await item("25")).active


async def test_an_act_that_others_need_stays(county: County) -> None:
    made = await drafted(county, ACTS[2], change("replace", "01", successor="50"))
    add, replace = await changes(county.centre.actor(), made)
    centre = county.centre.actor()
    await refused(drop_change(centre, made, add.position), Refused, "successor-unknown")
    await drop_change(centre, made, replace.position)
    await drop_change(centre, made, add.position)
    await refused(drop_change(centre, made, add.position), NotFound, "change-unknown")


async def test_what_cannot_be_drafted_or_adopted(county: County, second: Account) -> None:
    centre, other = county.centre.actor(), second.actor()
    await refused(draft_edition(centre, NewEdition(" ", "理由")), Refused, "title-missing")
    await refused(draft_edition(centre, NewEdition("清单", " ")), Refused, "reason-missing")
    await refused(draft_edition(system(now()), WANTED), Forbidden, "not-the-centre")
    made = await drafted(county)
    await refused(draft_edition(other, WANTED), Conflict, "draft-open")
    await refused(adopt_edition(other, made, today()), Refused, "edition-empty")
    await refused(propose_change(centre, made, change("add", "02")), Conflict, "item-known")
    await refused(propose_change(centre, "no", ACTS[0]), NotFound, "edition-unknown")
    await propose_change(centre, made, ACTS[0], frozenset({1}))
    await refused(propose_change(centre, made, ACTS[1], frozenset({1})), Stale, "changed-meanwhile")
    yesterday = today() - timedelta(days=1)
    await refused(adopt_edition(other, made, yesterday), Refused, "edition-backdated")
    await refused(adopt_edition(other, made, today(), frozenset({1})), Stale, "changed-meanwhile")
    await refused(discard_edition(centre, made, ""), Refused, "reason-missing")
    await discard_edition(centre, made, "另行起草")
    await refused(adopt_edition(other, made, today()), Conflict, "edition-decided")
    assert (await edition(centre, made)).state == "discarded"
    again = await drafted(county, ACTS[0])
    await adopt_edition(at(other, now()), again, today())
    await refused(propose_change(centre, again, ACTS[1]), Conflict, "edition-decided")


async def test_two_adoptions_at_once_are_one(county: County, second: Account) -> None:
    made = await drafted(county, *ACTS)
    third = await colleague(county.app, county.centre)
    async with third.client, third.browser:
        done = await asyncio.gather(
            *(adopt_edition(who.actor(), made, today()) for who in (second, third) * 2),
            return_exceptions=True,
        )
    assert sorted(map(repr, done)).count("None") == 1
    assert {type(one) for one in done} == {type(None), Conflict}
    assert await fetchval("SELECT count(*) FROM item_version WHERE edition = $1", made) == 50


async def test_two_drafts_at_once_are_one(county: County, second: Account) -> None:
    done = await asyncio.gather(
        *(draft_edition(who.actor(), WANTED) for who in (county.centre, second) * 2),
        return_exceptions=True,
    )
    assert sum(isinstance(one, str) for one in done) == 1
    assert await fetchval("SELECT count(*) FROM catalogue_edition WHERE state = 'draft'") == 1
