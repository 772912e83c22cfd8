"""A county in which somebody owns one of everything, and somebody like them owns nothing of it.

The tables of this folder ask it: who finds what, and who reads which field.
"""

import contextlib
import itertools
import tempfile
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import msgspec
import pyotp
from obstore.store import ObjectStore

from market.accounts.api_keys import NewApiKey, make_api_key
from market.accounts.invitations import NewInvitation, invite
from market.accounts.joining import join
from market.accounts.second_factors import enrol, offer
from market.accounts.signing_in import sign_in
from market.accounts.visits import Visit
from market.agencies.queries import admitted
from market.catalogue import guide_queries
from market.catalogue.county_ranges import NewCountyRange, propose_county_range
from market.catalogue.edition_actions import (
    NewEdition,
    adopt_edition,
    discard_edition,
    draft_edition,
    propose_change,
)
from market.catalogue.edition_queries import editions
from market.catalogue.editions import Change
from market.catalogue.fee_standards import FeeStandard
from market.catalogue.guide_actions import save_draft, submit_draft, withdraw_draft
from market.catalogue.guides import GuideFact, GuideMaterial, GuideText
from market.catalogue.package_actions import Draft, begin_draft, discard_draft
from market.catalogue.package_queries import draft
from market.catalogue.queries import package
from market.catalogue.sheet_writing import workbook_of
from market.catalogue.standard_proposals import draft_standard, submit_proposal
from market.catalogue.standards import load_fee_standards
from market.engagements.actions import purchase, report_milestone
from market.engagements.dispute_actions import NewDispute, open_dispute
from market.files.store import open_store
from market.notices.actions import Subscribed, send_test, subscribe
from market.notices.rules import NewWebhook
from market.oversight.pushing import name_sender
from market.purchasing.actions import close_group_buy, join_group_buy, offer_to_serve
from market.worker import check_ups
from ratings.evaluations.actions import answer
from ratings.evaluations.indicators import Party
from ratings.integrity.actions import raise_flags
from ratings.integrity.flags import Flag, FlagKind
from ratings.integrity.notice_actions import tell_rater
from ratings.integrity.queries import flags
from ratings.integrity.rerating_actions import open_reratings
from ratings.integrity.rerating_queries import reratings_of_flag
from ratings.ledger.actors import Actor, Role, system
from ratings.ledger.clock import local_date, now
from ratings.ledger.database import execute, fetchval
from ratings.ledger.errors import Bilingual, Conflict
from ratings.sanctions.actions import open_case
from ratings.sanctions.rules import Kind
from ratings.shells.audit_actions import plan_reviews
from ratings.shells.audit_queries import planned_month
from ratings.shells.case_queries import shell_case
from ratings.shells.check_up_queries import own_check_ups
from ratings.shells.demonstration_feeds import AgencyFacts, write_feeds
from ratings.shells.demonstration_lives import Profile
from ratings.shells.policy_actions import draft_screen_policy, propose_screen_policy
from ratings.shells.queries import latest_screen
from ratings.signals.actions import take_in
from ratings.signals.decisions import look_at
from ratings.signals.queries import unmatched_rows
from ratings.stars.estimate_actions import freeze
from ratings.stars.event_proposals import Said, Sign
from ratings.stars.policy import load_policy
from ratings.stars.policy_actions import PolicyProposal, draft_policy, propose_policy
from ratings.stars.proposal_actions import propose_events
from ratings.stars.proposal_queries import event_proposals
from ratings.stars.reference import quarter_of
from tests.colleagues import colleague, link
from tests.conftest import PASSWORD, Account, make_uscc
from tests.county import PACKAGE, County, at, marks
from tests.department import documented
from tests.shell_way import JPEG, to_decision, visit_form

PDF = b"%PDF-1.7\n" + b"a report " * 20 + b"\n%%EOF\n"
MONTH = "2026-08"
# Texts that stand nowhere else, so that a search finds whom they reach.
GUIDE, TEMPLATE = "草稿：占地三公顷以上", "申报表样张.pdf"
CONTACT, PHONE, NOTE = "联系人欧阳", "139-5500-7711", "节点备注：已踏勘"
DISPUTE = "争议：实测面积不符"
_days = itertools.count(1)
PROJECT, JOINED, FILE, REASON = "二号厂房", "三号厂房", "测绘报告.pdf", "得分低至一星"
RERATED, TOLD = "往来过密请复评", "十二次同分先提示"

# Who wears which hat: in each row the last one is of the same role and owns nothing.
PERSONS = {
    Role.ENTERPRISE: ("owner", "member", "stranger"),
    Role.AGENCY: ("agency", "rival"),
    Role.SUPERVISOR: ("supervisor", "department"),
    Role.CENTRE: ("centre",),
    Role.AUDITOR: ("auditor",),
}


@dataclass
class World:
    county: County
    persons: dict[str, Account]
    objects: dict[str, str]

    async def fresh(self, kind: str) -> str:
        """The object, made anew where a call may have used it up."""
        if kind in CONSUMED:
            self.objects[kind] = await OBJECTS[kind](self)
        return self.objects[kind]


async def make_world(county: County) -> World:
    member, stranger = [await county.account(Role.ENTERPRISE) for _ in range(2)]
    persons = {
        "owner": county.enterprise,
        "member": member,
        "stranger": stranger,
        "agency": await county.agency(contact_name=CONTACT, contact_phone=PHONE),
        "rival": await county.agency(),
        "supervisor": county.supervisor,
        "department": await county.account(Role.SUPERVISOR),
        "centre": county.centre,
        "auditor": await county.account(Role.AUDITOR),
    }
    world = World(county, persons, {})
    for kind, made in OBJECTS.items():
        world.objects[kind] = await made(world)
    return world


async def _agency(world: World) -> str:
    return world.persons["agency"].uscc or ""


async def _applicant(world: World) -> str:
    return (await world.county.applicant()).uscc or ""


async def _supervisor(world: World) -> str:
    return world.persons["supervisor"].organisation


async def _listing(world: World) -> str:
    return await world.county.listing(world.persons["agency"])


async def _group_buy(world: World) -> str:
    """Closed, with two enterprises in it and an offer of the agency: the opener may choose."""
    identifier = await world.county.past_group_buy()
    earlier = now() - timedelta(days=3)
    await join_group_buy(at(world.persons["member"].actor(), earlier), identifier, JOINED)
    await offer_to_serve(at(world.persons["agency"].actor(), earlier), identifier)
    await close_group_buy(system(now()), identifier)
    return identifier


async def _engagement(world: World) -> str:
    owner = world.persons["owner"].actor()
    engagement = await purchase(owner, world.objects["listing"], PROJECT)
    await report_milestone(world.persons["agency"].actor(), engagement, 2, NOTE)
    return engagement


async def _deliverable(world: World) -> str:
    """A file that really lies in the store."""
    path = f"/api/v1/engagements/{world.objects['engagement']}/deliverables"
    made = await world.persons["agency"].client.post(path, params={"filename": FILE}, content=PDF)
    assert made.status_code == 201, made.text
    return str(made.json()["deliverable"])


async def _dispute(world: World) -> str:
    """The agency's; every further one is about another engagement."""
    engagement = world.objects["engagement"]
    if "dispute" in world.objects:
        owner = world.persons["owner"].actor()
        engagement = await purchase(owner, await world.fresh("listing"), PROJECT)
    told = NewDispute("面积", DISPUTE)
    return await open_dispute(world.persons["agency"].actor(), engagement, told)


async def _feed(world: World) -> str:
    """Sent by the first department, and nothing of it has come."""
    who = world.persons["centre"].actor()
    await name_sender(who, "housing_fund", world.persons["supervisor"].organisation)
    return "housing_fund"


async def _feed_batch(world: World) -> str:
    """The first department's, with a row that could not be read."""
    sent = await world.persons["supervisor"].client.post(
        f"/api/v1/feeds/{await _feed(world)}/batches",
        content=f"uscc,month,contributors\n{await _agency(world)},{MONTH},{next(_days)}\nx,y,z\n",
        headers={"Content-Type": "text/csv"},
    )
    assert sent.status_code == 201, sent.text
    return str(sent.json()["batch"])


async def _connector(world: World) -> str:
    """A file in the folder of the county's installation."""
    folder = world.county.app.state.settings.connectors
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "housing_fund_centre.toml").write_text(documented(), "utf-8")
    return "housing_fund_centre"


async def _docket(world: World) -> str:
    return await world.county.settled(world.persons["agency"], world.objects["listing"])


async def _unanswered_docket(world: World) -> str:
    await world.fresh("listing")
    return await _docket(world)


async def _attachment(world: World) -> str:
    """The owner's, sealed: beside an answer that is still to come."""
    await world.fresh("listing")
    path = f"/api/v1/dockets/{await _docket(world)}/attachments"
    made = await world.persons["owner"].client.post(path, params={"filename": FILE}, content=PDF)
    assert made.status_code == 201, made.text
    return str(made.json()["attachment"])


async def _event_proposal(world: World) -> str:
    """Open; every call is about another month."""
    number = next(_days)
    month = f"{2000 + number // 12}-{number % 12 + 1:02}"
    await propose_events(system(now()), [Said(await _agency(world), Sign.PENALTY_MINOR, month)])
    return (await event_proposals(limit=1))[0].id


async def _integrity_flag(world: World) -> str:
    """Open; every call is about another engagement."""
    evidence = Flag(FlagKind.RETALIATION, await _agency(world), (f"e{next(_days)}",))
    await raise_flags(system(now()), [evidence])
    return (await flags(limit=1))[0].id


async def _flag_with_order(world: World) -> str:
    """About an opened answer of the owner; the centre's was given by somebody else."""
    docket = await _opened_docket(world)
    number = await fetchval("SELECT engagement FROM docket WHERE id::text = $1", docket)
    await raise_flags(system(now()), [Flag(FlagKind.BOMBING, await _agency(world), (number,))])
    return (await flags(kind=FlagKind.BOMBING, limit=1))[0].id


async def _rerating(world: World) -> str:
    """Opened, and not given yet."""
    return await opened_rerating(world, (await world.county.another()).actor())


async def opened_rerating(world: World, by: Actor) -> str:
    """Of an evaluation in which somebody else of the centre has answered."""
    flag = await pair_flag(world)
    await open_reratings(by, flag, RERATED)
    return (await reratings_of_flag(by, flag))[0].id


async def pair_flag(world: World) -> str:
    """Of collusion; every call is about another pair."""
    docket = await _opened_docket(world)
    number = await fetchval("SELECT engagement FROM docket WHERE id::text = $1", docket)
    evidence = Flag(FlagKind.COLLUSION, await _agency(world), (number,), (number,))
    await raise_flags(system(now()), [evidence])
    return (await flags(kind=FlagKind.COLLUSION, limit=1))[0].id


async def careless_flag(world: World) -> str:
    """About the answers of the owner; every call is about others."""
    owner, number = world.persons["owner"].organisation or "", f"n{next(_days)}"
    figures = {"ratings": "12", "spread": "0.00", "mean": "100.00"}
    evidence = Flag(FlagKind.CARELESS, owner, (number,), (number,), figures=figures)
    await raise_flags(system(now()), [evidence])
    return (await flags(kind=FlagKind.CARELESS, limit=1))[0].id


async def _rater_notice(world: World) -> str:
    return await tell_rater(
        (await world.county.another()).actor(), await careless_flag(world), TOLD
    )


async def _opened_docket(world: World) -> str:
    """In which somebody else of the centre has answered."""
    await world.fresh("listing")
    docket = await _docket(world)
    county = world.county
    raters = {party: county.party(party) for party in Party}
    raters[Party.CENTRE] = await county.second()
    for party, account in raters.items():
        await answer(account.actor(), docket, marks(party, 90), final=True)
    return docket


async def _case(world: World) -> str:
    reasons = [Bilingual(zh=REASON, en="The score is one star.")]
    opened = await open_case(system(now()), await _agency(world), Kind.ONE_STAR, reasons)
    assert opened is not None
    return opened


def _cell_store(world: World) -> ObjectStore:
    return open_store(world.county.app.state.settings.files)


async def _check_up(world: World) -> str:
    """The rival's report of the month of that screen; the centre may not read it yet."""
    screen, rival = await latest_screen(), world.persons["rival"]
    assert screen is not None
    await check_ups(now(), screen.id, world.county.app.state.settings)
    return (await own_check_ups(rival.actor()))[0].id


async def _held_batch(world: World) -> str:
    """A month of thirty firms of their own, and the same a million times over."""
    number = next(_days)
    codes = [make_uscc(100_000 + number * 30 + one) for one in range(30)]
    for times in (1, 1_000_000):
        rows = "".join(f"{code},2026-03,{(number + 7) * times}\n" for code in codes)
        receipt = await take_in(
            world.persons["centre"].actor(),
            "invoices",
            "invoices.csv",
            f"uscc,month,out_fen\n{rows}".encode(),
            _cell_store(world),
        )
    assert receipt.state == "held"
    return receipt.batch


async def _unmatched_row(world: World) -> str:
    """Its code is mistyped, and everything else is right."""
    receipt = await take_in(
        world.persons["centre"].actor(),
        "judicial",
        "judicial.csv",
        f"uscc,month,dishonest,penalties\n某某公司,2026-03,0,{next(_days)}\n".encode(),
        _cell_store(world),
    )
    (row,) = await unmatched_rows(1, batch=receipt.batch)
    return row.id


async def _cell_look(world: World) -> str:
    return await look_at(world.persons["centre"].actor(), await _agency(world), "核对报送数据")


async def _case_document(world: World) -> str:
    path = f"/api/v1/cases/{world.objects['case']}/documents"
    made = await world.persons["agency"].client.post(
        path, params={"filename": "情况说明.pdf"}, content=PDF
    )
    return str(made.json()["document"])


async def _shell_case(world: World) -> str:
    """The agency's own, visited, with a photo of the visit."""
    opened = await open_case(system(now()), await _agency(world), Kind.SHELL, [])
    assert opened is not None
    centre = world.persons["centre"]
    await to_decision(centre.actor(), opened)
    sent = await centre.browser.post(
        f"/console/shell-cases/{opened}/visit-report",
        data=visit_form(local_date(now())),
        files={"photos": ("门口.jpg", JPEG)},
    )
    assert sent.status_code == 303, sent.text
    # What the next page would say is none of the next page's own.
    centre.browser.cookies.delete("flash")
    return opened


async def _visit_photo(world: World) -> str:
    case = await shell_case(world.objects["shell-case"], now())
    return case.steps[-1].photos[0].id


async def _finding(world: World) -> str:
    """What a screen of real feed files found about the rival."""
    rival = world.persons["rival"].uscc or ""
    with tempfile.TemporaryDirectory() as directory:
        write_feeds(Path(directory), [AgencyFacts(rival, Profile.SHELL)], MONTH)
        files = _read(Path(directory))
    told = await world.persons["centre"].client.post(
        "/api/v1/feed-deliveries", params={"as_of": MONTH}, files=files
    )
    assert told.status_code == 201, told.text
    return rival


async def _screen(_: World) -> str:
    """The one that `_finding` ran."""
    ran = await latest_screen()
    assert ran is not None
    return ran.id


async def _planned_month(world: World) -> str:
    month = local_date(now()).strftime("%Y-%m")
    if await planned_month(month) is None:
        await plan_reviews(world.persons["centre"].actor(), 20, await admitted())
    return month


async def _webhook(world: World) -> str:
    return (await _subscribed(world)).webhook


async def _webhook_delivery(world: World) -> str:
    return await send_test(world.persons["owner"].actor(), (await _subscribed(world)).webhook)


async def _subscribed(world: World) -> Subscribed:
    wanted = NewWebhook("https://receiver.example/", ("*",))
    return await subscribe(world.persons["owner"].actor(), wanted, key=b"any", networks=())


async def _api_key(world: World) -> str:
    wanted = NewApiKey("Robot", ("catalogue:read",))
    return (await make_api_key(world.persons["owner"].actor(), wanted, wanted.scopes)).id


def _read(directory: Path) -> dict[str, tuple[str, bytes]]:
    return {one.stem: (one.name, one.read_bytes()) for one in directory.iterdir()}


async def _session(world: World) -> str:
    """Another one of the owner's."""
    login = world.persons["owner"].login
    return (await sign_in(login, PASSWORD, now(), demonstration=False)).session


async def _enrolled(world: World) -> str:
    """Somebody with a second factor that the centre may have to reset."""
    account = await world.county.applicant()
    offered = await offer(account.actor(), Visit(), "Market")
    code = pyotp.TOTP(offered.secret).at(now())
    await enrol(account.actor(), account.token, offered.ticket, code, PASSWORD, Visit())
    return account.person


async def _invitation(world: World) -> str:
    return (await invite(world.persons["owner"].actor(), NewInvitation())).id


async def _invitation_link(world: World) -> str:
    return await link(world.persons["auditor"])


async def _hat(world: World) -> str:
    """One more for the stranger: that of the other department."""
    department = world.persons["department"]
    with contextlib.suppress(Conflict):
        await join(world.persons["stranger"].person, await link(department), now())
    return department.organisation


async def _member(world: World) -> str:
    """A colleague of the stranger, who may have handed over to the last one."""
    stranger = world.persons["stranger"]
    await execute("UPDATE membership SET administrator = true WHERE person = $1", stranger.person)
    return (await colleague(world.county.app, stranger)).person


async def _proposal(world: World) -> str:
    """The second person's, for the centre to decide."""
    return await propose_county_range((await world.county.second()).actor(), _range_of_a_new_day())


async def _own_proposal(world: World) -> str:
    return await propose_county_range(world.persons["centre"].actor(), _range_of_a_new_day())


async def _edition(world: World) -> str:
    """Adopted for today; it tells one item's time anew."""
    made = await _draft_of(world)
    await adopt_edition(world.persons["centre"].actor(), made, local_date(now()))
    return made


async def _draft(world: World) -> str:
    """The second person's, for the centre to adopt; there is one draft at a time."""
    await discard_drafts(world)
    return await _draft_of(world)


async def _draft_of(world: World) -> str:
    second = (await world.county.second()).actor()
    made = await draft_edition(second, NewEdition("清单2.1", "年度评估"))
    fields: dict[str, object] = {"working_days": 20 + next(_days)}
    act = Change(kind="amend", code="17", reason_zh="承诺提速", fields=fields)
    await propose_change(second, made, act)
    return made


async def discard_drafts(world: World) -> None:
    centre = world.persons["centre"].actor()
    for one in await editions(centre):
        if one.state == "draft":
            await discard_edition(centre, one.id, "另行起草")


async def _package_draft(world: World) -> str:
    """The second person's, for the centre to adopt; nobody has written in it since."""
    second, code = (await world.county.second()).actor(), "as-built-survey"
    if await draft(code) is not None:
        await discard_draft(second, code, "重新起草")
    record = msgspec.structs.replace((await package(code)).record, discount_percent=Decimal(4))
    await begin_draft(second, Draft(record, "集中委托可以让利"))
    return code


def _range_of_a_new_day() -> NewCountyRange:
    begins = local_date(now()) + timedelta(days=next(_days))
    return NewCountyRange("07", "small", 1_000_000, 2_000_000, begins, "县发改局询价")


async def _guide_draft(world: World) -> str:
    """The supervisor's own, to be edited."""
    return await _guide_draft_of(world, "07")


async def _submitted_guide(world: World) -> str:
    """One that waits for the review of the centre."""
    item = await _guide_draft_of(world, "10")
    await submit_draft(world.persons["supervisor"].actor(), item)
    return item


async def _guide_draft_of(world: World, item: str) -> str:
    """A draft with one material, its template kept, and a scope that is another each time."""
    who = world.persons["supervisor"].actor()
    draft = await guide_queries.draft(who, item)
    if draft.state == "submitted":
        await withdraw_draft(who, item)
    scope = GuideFact(text_zh=f"{GUIDE}（{next(_days)}）", text_en="Draft", mark="department")
    materials = draft.text.materials or (
        GuideMaterial(key=1, name_zh="申报表", name_en="Form", mark="department"),
    )
    await save_draft(who, item, GuideText(scope=scope, materials=materials))
    return item


async def _guide_template(world: World) -> str:
    """A file of the draft that nobody has published."""
    item = world.objects["guide-draft"]
    supervisor = world.persons["supervisor"].client
    made = await supervisor.post(
        f"/api/v1/guides/{item}/draft/materials/1/template",
        params={"filename": TEMPLATE},
        content=PDF,
        headers={"If-Match": "*"},
    )
    assert made.status_code == 201, made.text
    return str(made.json()["template"])


async def _policy_draft(world: World) -> str:
    """Proposed by the second person, for the centre to decide; every call is for another day."""
    second = (await world.county.second()).actor()
    draft = await draft_policy(second, "standard")
    begins = local_date(now()) + timedelta(days=next(_days))
    await propose_policy(second, draft, PolicyProposal(begins, "年度评估"))
    return draft


async def _robust_policy(_: World) -> str:
    """With its estimates of the present quarter, as every night makes them."""
    policy = load_policy("robust")
    await freeze(system(now()), policy, quarter_of(local_date(now())))
    return policy.key


async def _screen_policy_draft(world: World) -> str:
    """Proposed by the second person, for the centre to decide; every call is for another day."""
    second = (await world.county.second()).actor()
    draft = await draft_screen_policy(second, "standard")
    begins = local_date(now()) + timedelta(days=next(_days))
    await propose_screen_policy(second, draft, PolicyProposal(begins, "最低工资标准调整"))
    return draft


async def _own_screen_policy_draft(world: World) -> str:
    return await draft_screen_policy(world.persons["centre"].actor(), "standard")


async def _own_policy_draft(world: World) -> str:
    return await draft_policy(world.persons["centre"].actor(), "standard")


def _known(code: str) -> Callable[[World], Awaitable[str]]:
    async def made(_: World) -> str:
        return code

    return made


async def _fee_draft(world: World) -> str:
    return (await draft_standard(world.persons["supervisor"].actor(), _standard())).proposal


async def _fee_proposal(world: World) -> str:
    """The supervisor's, for the centre to decide."""
    draft = await _fee_draft(world)
    await submit_proposal(world.persons["supervisor"].actor(), draft, "按新文件调整")
    return draft


def a_workbook() -> bytes:
    """A standard from a day that no other begins on, as the API takes it."""
    return workbook_of(_standard())


def _standard() -> FeeStandard:
    begins = local_date(now()) + timedelta(days=next(_days))
    return msgspec.structs.replace(load_fee_standards()["design-10"], valid_from=begins)


# In this order: later ones stand on earlier ones.
OBJECTS: dict[str, Callable[[World], Awaitable[str]]] = {
    "package": _known(PACKAGE),
    "item": _known("05"),
    "fee-standard": _known("design-10"),
    "area": _known("purchasing"),
    "policy": _known("standard"),
    "robust-policy": _robust_policy,
    "agency": _agency,
    "applicant": _applicant,
    "supervisor": _supervisor,
    "listing": _listing,
    "group-buy": _group_buy,
    "engagement": _engagement,
    "deliverable": _deliverable,
    "dispute": _dispute,
    "feed": _feed,
    "feed-batch": _feed_batch,
    "connector": _connector,
    "docket": _docket,
    "attachment": _attachment,
    "opened-docket": _opened_docket,
    "unanswered-docket": _unanswered_docket,
    "case": _case,
    "case-document": _case_document,
    "shell-case": _shell_case,
    "visit-photo": _visit_photo,
    "integrity-flag": _integrity_flag,
    "event-proposal": _event_proposal,
    "flag-with-order": _flag_with_order,
    "rerating": _rerating,
    "rater-notice": _rater_notice,
    "finding": _finding,
    "check-up": _check_up,
    "screen": _screen,
    "planned-month": _planned_month,
    "held-batch": _held_batch,
    "unmatched-row": _unmatched_row,
    "cell-look": _cell_look,
    "webhook": _webhook,
    "webhook-delivery": _webhook_delivery,
    "api-key": _api_key,
    "session": _session,
    "enrolled": _enrolled,
    "invitation": _invitation,
    "invitation-link": _invitation_link,
    "hat": _hat,
    "member": _member,
    "county-range-proposal": _proposal,
    "edition": _edition,
    "edition-draft": _draft,
    "own-proposal": _own_proposal,
    "package-draft": _package_draft,
    "fee-draft": _fee_draft,
    "fee-proposal": _fee_proposal,
    "policy-draft": _policy_draft,
    "own-policy-draft": _own_policy_draft,
    "screen-policy-draft": _screen_policy_draft,
    "own-screen-policy-draft": _own_screen_policy_draft,
    "guide-draft": _guide_draft,
    "submitted-guide": _submitted_guide,
    "guide-template": _guide_template,
}
# An owner's call may end these, and the next call needs another.
CONSUMED = {
    "unanswered-docket",
    "attachment",
    "dispute",
    "event-proposal",
    "integrity-flag",
    "edition-draft",
    "county-range-proposal",
    "own-proposal",
    "fee-draft",
    "fee-proposal",
    "policy-draft",
    "own-policy-draft",
    "screen-policy-draft",
    "own-screen-policy-draft",
    "feed",
    "guide-draft",
    "guide-template",
    "submitted-guide",
    "held-batch",
    "unmatched-row",
    "enrolled",
    "hat",
    "invitation",
    "invitation-link",
    "listing",
    "member",
    "package-draft",
    "session",
    "webhook",
}


def unknown(kind: str) -> str:
    """An id of the right form that names nothing."""
    if kind in ("agency", "applicant", "finding"):
        return make_uscc(9_999_998)
    if kind in (
        "guide-draft",
        "package-draft",
        "submitted-guide",
        "package",
        "item",
        "fee-standard",
        "area",
        "policy",
        "robust-policy",
        "planned-month",
    ):
        return "nothing"
    return str(uuid.uuid4())
