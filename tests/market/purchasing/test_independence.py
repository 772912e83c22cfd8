"""Who reviews a document has not written it, nor has a firm related to who has."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.agencies.bonds import Stated, bond
from market.agencies.related import related_to
from market.catalogue.independence import Past, clash, review_rules
from market.catalogue.items import load_items
from market.engagements.actions import choose_for_group, purchase
from market.engagements.queries import engagements
from market.purchasing.actions import (
    close_group_buy,
    join_group_buy,
    offer_to_serve,
    open_group_buy,
)
from market.purchasing.projects import OwnersProject
from market.purchasing.tiers import Tier
from ratings.ledger.actors import Role, system
from ratings.ledger.errors import Refused
from tests.colleagues import link
from tests.conftest import Account
from tests.county import County, at, refused

PROJECT = "一号厂房"
APART = {"address": "云溪县别处9号", "contact_name": "另一人", "contact_phone": "111-1111"}


def test_the_rules_name_items_that_are_there_and_only_one_is_published() -> None:
    named = {code for rule in review_rules() for code in (rule.review, *rule.authors)}
    assert named <= set(load_items())
    assert [rule.review for rule in review_rules() if rule.status == "published"] == ["04"]
    assert "第二十六条" in review_rules()[0].basis_zh


@given(st.sampled_from(review_rules()), st.data())
def test_it_holds_both_ways_and_for_nothing_else(rule: object, data: st.DataObject) -> None:
    codes = st.sampled_from(sorted(load_items()))
    mine, theirs = data.draw(codes), data.draw(codes)
    there = clash([mine], [Past(theirs, "A", "E")], review_rules())
    back = clash([theirs], [Past(mine, "A", "E")], review_rules())
    pairs = {(one.review, author) for one in review_rules() for author in one.authors}
    assert (there is None) == (back is None) == ({(mine, theirs), (theirs, mine)}.isdisjoint(pairs))


def test_one_thing_in_common_says_nothing_and_two_do() -> None:
    one = Stated("王 明", "0574-62 1234", "云溪县测试路1号")
    assert bond(one, Stated("", "", ""), same_person=False) is None
    assert bond(one, Stated("李", "0574 621234", "别处"), same_person=False) is None
    shared = bond(one, Stated("王明", "0574621234", "别处"), same_person=False)
    assert shared is not None
    assert shared.en == "same contact person, same phone number"
    assert bond(Stated("", "", ""), Stated("", "", ""), same_person=False) is None
    assert bond(one, Stated("李", "1", "别处"), same_person=True) is not None


def test_a_project_is_known_by_its_name_however_it_is_written() -> None:
    assert OwnersProject("o", "一号 厂房Ａ").key == OwnersProject("o", "一号厂房a").key
    assert OwnersProject("o", "一号厂房").key != OwnersProject("p", "一号厂房").key
    assert OwnersProject("o", "一号厂房").key != OwnersProject("o", "二号厂房").key


@pytest.fixture
async def author(county: County) -> Account:
    """Writes the reports of the project, and would review them too."""
    made = await county.agency()
    await purchase(county.enterprise.actor(), await county.listing(made, "consulting"), PROJECT)
    return made


async def test_the_author_does_not_review(county: County, author: Account) -> None:
    owner, listing = county.enterprise.actor(), await county.listing(author, "review")
    with pytest.raises(Refused) as told:
        await purchase(owner, listing, " 一号 厂房")
    assert told.value.code == "reviewer-not-independent"
    number = (await engagements(owner))[0].number
    assert number in str(told.value)
    assert "art. 26" in str(told.value)
    # Another project is another matter, and another owner's too.
    await purchase(owner, listing, "二号厂房")
    await purchase((await county.account(Role.ENTERPRISE)).actor(), listing, PROJECT)


async def test_a_related_firm_does_not_review_either(county: County, author: Account) -> None:
    owner = county.enterprise.actor()
    kin = await county.agency()
    buying = purchase(owner, await county.listing(kin, "review"), PROJECT)
    await refused(buying, Refused, "reviewer-related")
    stranger = await county.agency(**APART)
    assert await related_to(stranger.uscc or "") == []
    # Somebody of the stranger comes to act for the author as well.
    listing = await county.listing(stranger, "review")
    invited = await stranger.client.post(
        "/api/v1/memberships", json={"invitation": await link(author)}
    )
    assert invited.is_success, invited.text
    await refused(purchase(owner, listing, PROJECT), Refused, "reviewer-related")


async def test_who_reviewed_does_not_write_afterwards(county: County) -> None:
    owner, agency = county.enterprise.actor(), await county.agency(**APART)
    await purchase(owner, await county.listing(agency, "review"), PROJECT)
    writing = purchase(owner, await county.listing(agency, "design"), PROJECT)
    await refused(writing, Refused, "reviewer-not-independent")
    await purchase(owner, await county.listing(agency, "as-built-survey"), PROJECT)


async def test_in_a_group_an_author_neither_offers_nor_is_chosen(
    county: County, author: Account
) -> None:
    """Whose engagement it is learns its number; the opener of somebody else's does not."""
    wanted = county.group_buy(package="review", tiers=(Tier(2, 100_000),), project_name="三号厂房")
    opener, member = await county.account(Role.ENTERPRISE), county.enterprise
    group = await open_group_buy(opener.actor(), wanted)
    await county.listing(author, "review")
    other = await county.agency(**APART)
    await county.listing(other, "review")
    await offer_to_serve(author.actor(), group)
    await offer_to_serve(other.actor(), group)
    # The author's customer joins after it has offered.
    await join_group_buy(member.actor(), group, PROJECT)
    late = await county.agency()
    await county.listing(late, "review")
    await refused(offer_to_serve(late.actor(), group), Refused, "reviewer-related")
    closed = at(opener.actor(), wanted.deadline)
    await close_group_buy(system(wanted.deadline), group)
    with pytest.raises(Refused) as told:
        await choose_for_group(closed, group, author.uscc or "", "最优")
    assert told.value.code == "reviewer-not-independent"
    assert "WT-" not in str(told.value)
    assert len(await choose_for_group(closed, group, other.uscc or "", "最优")) == 2


async def test_of_two_choices_that_cross_one_is_refused(county: County) -> None:
    """Author and reviewer are bought at the same moment: whoever comes second is refused."""
    owner, agency = county.enterprise.actor(), await county.agency()
    listings = [await county.listing(agency, one) for one in ("consulting", "review")]
    for number in range(4):
        project = f"{number}号厂房"
        made = await asyncio.gather(
            *(purchase(owner, one, project) for one in listings), return_exceptions=True
        )
        wrong = [one for one in made if isinstance(one, BaseException)]
        assert [getattr(one, "code", one) for one in wrong] == ["reviewer-not-independent"]
        assert len([one for one in await engagements(owner) if one.project_name == project]) == 1
