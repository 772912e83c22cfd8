"""Every operation of the description takes the example that the description has for it.

The example is sent to a real county by somebody who may call it, with the county's own ids, secrets
and days where `STANDS_FOR` says that they go. What an act needs first is brought about first.
"""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

import httpx
import msgspec
import pyotp
import pytest
from litestar import Litestar

from market.accounts.joining import join
from market.accounts.permissions import roles_of
from market.api.answers import ANSWERS
from market.api.description import operations_of
from market.api.examples import BODIES, PARAMETERS
from market.engagements.actions import accept
from market.engagements.evaluating import rate_again
from market.notices.actions import pause
from market.oversight.pushed import EXCEL, PARQUET
from market.purchasing.actions import open_group_buy
from ratings.evaluations.indicators import Party
from ratings.evaluations.switch_actions import turn_switch
from ratings.evaluations.switches import Switch
from ratings.integrity.order_actions import give_order
from ratings.integrity.rerating_actions import object_to_rerating
from ratings.ledger.actors import Actor, Role, system
from ratings.ledger.clock import add_months, local_date, now
from ratings.ledger.database import execute
from ratings.ledger.errors import Bilingual
from ratings.sanctions.actions import Proposal, answer_case, open_case, propose_delisting
from ratings.sanctions.misconduct_actions import ReportedAct, report_act
from ratings.sanctions.objection_actions import file_objection
from ratings.sanctions.queries import case_file
from ratings.sanctions.rectification_actions import (
    file_evidence,
    file_plan,
    order_rectification,
)
from ratings.sanctions.repair_actions import Application, apply_for_repair
from ratings.sanctions.rules import Kind, Severity
from ratings.shells.case_actions import (
    assign,
    check_at_desk,
    decide_finding,
    explain,
    give_notice,
    object_to_step,
    refer,
)
from ratings.shells.case_way import Desk
from ratings.stars.actions import ReportedEvent, report_event
from tests.applications import undeployed
from tests.colleagues import colleague, link
from tests.conftest import PASSWORD, Account, program
from tests.contract.examples import examples_of, filled, kinds_in, operations, plain, real_of, sent
from tests.contract.test_tenants import committed
from tests.contract.world import (
    OBJECTS,
    PERSONS,
    REASON,
    World,
    careless_flag,
    discard_drafts,
    make_world,
    opened_rerating,
    pair_flag,
)
from tests.county import County, marks
from tests.shell_way import to_decision, to_second_person

Schema = dict[str, Any]
# Of these a text would be no example.
_BINARY = ("application/octet-stream", PARQUET, EXCEL)
Prepared = tuple[Account, dict[str, str]]
ShellWalk = Callable[[Actor, str], Awaitable[None]]


async def _spare(world: World) -> Prepared:
    """Somebody whose account nobody else needs."""
    return await world.county.account(Role.ENTERPRISE), {}


async def _of_several(world: World) -> Prepared:
    """Somebody who does not leave an organisation without an administrator."""
    return await colleague(world.county.app, world.persons["owner"]), {}


async def _two_hats(world: World) -> Prepared:
    account, _ = await _spare(world)
    department = world.persons["department"]
    await join(account.person, await link(department), now())
    return account, {"hat": department.organisation}


async def _offered(world: World) -> Prepared:
    account, _ = await _spare(world)
    offer = (await account.client.post("/api/v1/second-factor/offers")).json()
    return account, {"ticket": offer["ticket"], "code": pyotp.TOTP(offer["secret"]).now()}


async def _enrolled(world: World) -> Prepared:
    account, offered = await _offered(world)
    proof = {**offered, "password": PASSWORD}
    made = (await account.client.put("/api/v1/second-factor", json=proof)).json()
    account.client.headers["Authorization"] = f"Bearer {made['token']}"
    return account, {"code": made["recovery_codes"][0]}


async def _open_group_buy(world: World, person: str) -> Prepared:
    await world.fresh("listing")
    opened = await open_group_buy(world.persons["owner"].actor(), world.county.group_buy())
    return world.persons[person], {"group-buy": opened}


async def _closed_group_buy(world: World) -> Prepared:
    """Who has offered sells the package still."""
    await world.fresh("listing")
    return world.persons["owner"], {}


async def _named_sender(world: World) -> Prepared:
    await world.fresh("feed")
    return world.persons["supervisor"], {}


async def _delivered(world: World) -> Prepared:
    listing = await world.fresh("listing")
    engagement = await world.county.delivered(world.persons["agency"], listing)
    return world.persons["owner"], {"engagement": engagement}


async def _accepted(world: World) -> Prepared:
    owner, made = await _delivered(world)
    await accept(owner.actor(), made["engagement"])
    return owner, made


async def _case_of_another(world: World) -> Prepared:
    """The world's own agency must go on selling, and its case open."""
    uscc = (await world.county.agency()).uscc or ""
    reasons = [Bilingual(zh=REASON, en="The score is one star.")]
    opened = await open_case(system(now()), uscc, Kind.ONE_STAR, reasons)
    return world.persons["centre"], {"case": opened or ""}


async def _case_that_was_heard(world: World) -> Prepared:
    centre, made = await _case_of_another(world)
    row = await case_file(made["case"])
    await answer_case(Actor(Role.AGENCY, now(), uscc=row.uscc), row.id, REASON)
    return centre, made


async def _case_with_a_proposal(world: World) -> Prepared:
    """Decided by somebody else than whoever proposed it."""
    centre, made = await _case_that_was_heard(world)
    until = add_months(local_date(now()), 6)
    await propose_delisting(
        centre.actor(), made["case"], Proposal(Severity.ORDINARY, until, REASON)
    )
    return await world.county.second(), made


async def _case_to_object_to(world: World) -> Prepared:
    """Decided by two of the centre."""
    agency = await world.county.agency()
    opened = await open_case(system(now()), agency.uscc or "", Kind.SHELL, [])
    until = add_months(local_date(now()), 6)
    await world.county.delist(opened or "", Severity.ORDINARY, until, REASON)
    return agency, {"case": opened or ""}


async def _case_with_an_objection(world: World) -> Prepared:
    """For a third person of the centre to answer."""
    agency, made = await _case_to_object_to(world)
    await file_objection(agency.actor(), made["case"], REASON)
    return await world.county.another(), made


async def _shell_case(world: World, *walk: ShellWalk) -> tuple[Account, str]:
    """About an agency of its own, walked so far by the centre; and that agency."""
    agency = await world.county.agency()
    opened = await open_case(system(now()), agency.uscc or "", Kind.SHELL, [])
    for one in walk:
        await one(world.persons["centre"].actor(), opened or "")
    return agency, opened or ""


async def _to_desk(centre: Actor, case: str) -> None:
    await assign(centre, case, centre.person or "")


async def _past_desk(centre: Actor, case: str) -> None:
    await _to_desk(centre, case)
    await check_at_desk(centre, case, Desk.GO_ON, REASON)


async def _explained(centre: Actor, case: str) -> None:
    await _past_desk(centre, case)
    await give_notice(centre, case, REASON)
    uscc = (await case_file(case)).uscc
    await explain(Actor(Role.AGENCY, centre.at, uscc=uscc), case, REASON)


async def _proposed_shell(centre: Actor, case: str) -> None:
    until = add_months(local_date(now()), 6)
    await to_second_person(centre, case, Severity.ORDINARY, until, REASON)


async def _refer(centre: Actor, case: str) -> None:
    await refer(centre, case, "市场监督管理局", "7号")


def _of_the_centre(*walk: ShellWalk) -> Callable[[World], Awaitable[Prepared]]:
    async def prepared(world: World) -> Prepared:
        _, case = await _shell_case(world, *walk)
        return world.persons["centre"], {"shell-case": case}

    return prepared


async def _shell_for_the_second_person(world: World) -> Prepared:
    _, case = await _shell_case(world, _proposed_shell)
    return await world.county.second(), {"shell-case": case}


async def _confirmed_shell(world: World, *walk: ShellWalk) -> Prepared:
    second, made = await _shell_for_the_second_person(world)
    await decide_finding(second.actor(), made["shell-case"])
    for one in walk:
        await one(world.persons["centre"].actor(), made["shell-case"])
    return world.persons["centre"], made


async def _shell_to_object_to(world: World) -> Prepared:
    agency, case = await _shell_case(world)
    return agency, {"shell-case": case}


async def _shell_with_an_objection(world: World) -> Prepared:
    agency, made = await _shell_to_object_to(world)
    await object_to_step(agency.actor(), made["shell-case"], 0, REASON)
    return world.persons["centre"], made


async def _two_star_case(world: World) -> Prepared:
    """Opened by the computation and answered; for the centre to order."""
    agency = await world.county.agency()
    opened = await open_case(system(now()), agency.uscc or "", Kind.TWO_STAR, [])
    await answer_case(agency.actor(), opened or "", REASON)
    return world.persons["centre"], {"case": opened or ""}


async def _ordered_case(world: World) -> Prepared:
    """For its agency to plan."""
    agency = await world.county.agency()
    opened = await open_case(system(now()), agency.uscc or "", Kind.TWO_STAR, [])
    await answer_case(agency.actor(), opened or "", REASON)
    await order_rectification(world.persons["centre"].actor(), opened or "", REASON)
    return agency, {"case": opened or ""}


async def _planned_case(world: World) -> Prepared:
    agency, made = await _ordered_case(world)
    await file_plan(agency.actor(), made["case"], REASON)
    return agency, made


async def _mended_case(world: World) -> Prepared:
    agency, made = await _planned_case(world)
    await file_evidence(agency.actor(), made["case"], REASON)
    return world.persons["centre"], made


async def _another_agency(world: World) -> Prepared:
    agency = await world.county.agency()
    return world.persons["centre"], {"agency": agency.uscc or ""}


async def _lesser_act(world: World) -> Prepared:
    """Reported by the supervisor, and answered; for the centre to decide."""
    agency = await world.county.agency()
    told = ReportedAct(agency.uscc or "", "late", REASON, REASON)
    case = await report_act(world.county.supervisor.actor(), told)
    await answer_case(agency.actor(), case, REASON)
    return world.persons["centre"], {"case": case}


async def _burdened_agency(world: World) -> Prepared:
    agency = await world.county.agency()
    event = msgspec.convert(BODIES["outside_event_report"] | {"uscc": agency.uscc}, ReportedEvent)
    await report_event(world.persons["centre"].actor(), event)
    return agency, {}


async def _applied_for(world: World) -> Prepared:
    """By another person than the one who has reported it."""
    agency, _ = await _burdened_agency(world)
    wanted = msgspec.convert(BODIES["repair_apply"], Application)
    case = await apply_for_repair(agency.actor(), wanted)
    return await world.county.second(), {"case": case}


async def _without_a_draft(world: World) -> Prepared:
    await discard_drafts(world)
    return world.persons["centre"], {}


async def _unplanned_month(world: World) -> Prepared:
    await execute("DELETE FROM review_month")
    return world.persons["centre"], {}


async def _drafted(world: World) -> Prepared:
    await world.fresh("package-draft")
    return world.persons["centre"], {}


async def _guide_draft(world: World) -> Prepared:
    await world.fresh("guide-draft")
    return world.persons["supervisor"], {}


async def _fresh_docket(world: World) -> Prepared:
    await world.fresh("listing")
    return world.persons["owner"], {"docket": await OBJECTS["docket"](world)}


async def _opened_docket(world: World, *off: Switch) -> Prepared:
    """With the switches turned off that the act turns on."""
    docket = await OBJECTS["opened-docket"](world)
    centre = world.persons["centre"]
    for switch in off:
        await turn_switch(centre.actor(), docket, Party.OWNER, switch, off=True, reason=REASON)
    return centre, {"docket": docket}


async def _flag_with_order(world: World, *, given: bool = False) -> Prepared:
    flag = await OBJECTS["flag-with-order"](world)
    centre = world.persons["centre"]
    if given:
        await give_order(centre.actor(), flag, REASON)
    return centre, {"integrity-flag": flag}


async def _pair(world: World) -> Prepared:
    return world.persons["centre"], {"integrity-flag": await pair_flag(world)}


async def _careless(world: World) -> Prepared:
    return world.persons["centre"], {"integrity-flag": await careless_flag(world)}


async def _rated_again(world: World, *, objected: bool = False) -> Prepared:
    by, agency = (await world.county.another()).actor(), world.persons["agency"]
    rerating = await opened_rerating(world, by)
    await rate_again(by, rerating, marks(Party.CENTRE, 70), REASON, {})
    if objected:
        await object_to_rerating(agency.actor(), rerating, REASON)
        # Neither who gave it nor who has rated the agency answers.
        return await world.county.another(), {"rerating": rerating}
    return agency, {"rerating": rerating}


async def _dispute(world: World) -> Prepared:
    return world.persons["agency"], {"dispute": await world.fresh("dispute")}


async def _attachment(world: World) -> Prepared:
    return world.persons["owner"], {"attachment": await world.fresh("attachment")}


async def _guide_template(world: World) -> Prepared:
    supervisor, _ = await _guide_draft(world)
    return supervisor, {"guide-template": await world.fresh("guide-template")}


async def _withdrawn_guide(world: World) -> Prepared:
    await world.fresh("submitted-guide")
    return world.persons["supervisor"], {}


async def _submitted_guide(world: World) -> Prepared:
    await world.fresh("submitted-guide")
    return world.persons["centre"], {}


async def _paused(world: World) -> Prepared:
    owner = world.persons["owner"]
    webhook = await world.fresh("webhook")
    await pause(owner.actor(), webhook)
    return owner, {"webhook": webhook}


# What must be so first; who calls, and what is to be named.
_PREPARED: dict[str, Callable[[World], Awaitable[Prepared]]] = {
    **dict.fromkeys(
        (
            "password_change",
            "personal_name_change",
            "second_factor_offer",
            "session_close",
            "session_close_others",
        ),
        _spare,
    ),
    "case_delist": _case_with_a_proposal,
    "delisting_propose": _case_that_was_heard,
    "delisting_refuse": _case_with_a_proposal,
    "case_dismiss": _case_of_another,
    "case_open": _another_agency,
    "misconduct_report": _another_agency,
    "misconduct_uphold": _lesser_act,
    "rectification_check": _mended_case,
    "repair_apply": _burdened_agency,
    "repair_decide": _applied_for,
    "rectification_evidence": _planned_case,
    "rectification_order": _two_star_case,
    "rectification_plan": _ordered_case,
    "objection_answer": _case_with_an_objection,
    "objection_file": _case_to_object_to,
    "shell_case_desk_check": _of_the_centre(_to_desk),
    "shell_case_notice": _of_the_centre(_past_desk),
    "shell_case_visit": _of_the_centre(_explained),
    "shell_finding_propose": _of_the_centre(to_decision),
    "shell_finding_adopt": _shell_for_the_second_person,
    "shell_finding_refuse": _shell_for_the_second_person,
    "shell_case_refer": _confirmed_shell,
    "shell_case_conclude": lambda world: _confirmed_shell(world, _refer),
    "shell_step_object": _shell_to_object_to,
    "shell_step_objection_answer": _shell_with_an_objection,
    "edition_draft": _without_a_draft,
    "reviews_plan": _unplanned_month,
    "dispute_resolve": _dispute,
    "engagement_accept": _delivered,
    "feed_batch_send": _named_sender,
    "engagement_settle": _accepted,
    "group_buy_choose": _closed_group_buy,
    "group_buy_join": lambda world: _open_group_buy(world, "member"),
    "group_buy_offer": lambda world: _open_group_buy(world, "agency"),
    **dict.fromkeys(
        (
            "guide_draft_discard",
            "guide_draft_save",
            "guide_draft_show",
            "guide_draft_submit",
            "guide_template_add",
        ),
        _guide_draft,
    ),
    "guide_draft_publish": _submitted_guide,
    "guide_draft_return": _submitted_guide,
    "guide_draft_withdraw": _withdrawn_guide,
    "guide_template_download": _guide_template,
    "docket_attach": _fresh_docket,
    "docket_step_back": _fresh_docket,
    "docket_comment_hide": _opened_docket,
    "docket_comment_show": lambda world: _opened_docket(world, Switch.COMMENT),
    "docket_answer_leave_out": _opened_docket,
    "integrity_flag_order": _flag_with_order,
    "integrity_flag_order_lift": lambda world: _flag_with_order(world, given=True),
    "rerating_open": _pair,
    "integrity_flag_tell_rater": _careless,
    "rerating_object": _rated_again,
    "rerating_objection_answer": lambda world: _rated_again(world, objected=True),
    "docket_answer_take_in": lambda world: _opened_docket(world, Switch.SCORE),
    "answer_attachment_download": _attachment,
    "answer_attachment_withdraw": _attachment,
    "hat_change": _two_hats,
    "membership_leave": _two_hats,
    "package_draft_adopt": _drafted,
    "package_draft_change": _drafted,
    "package_draft_discard": _drafted,
    "package_draft_show": _drafted,
    "personal_data_erase": _of_several,
    "recovery_codes_renew": _enrolled,
    "second_factor_enrol": _offered,
    "second_factor_remove": _enrolled,
    "webhook_resume": _paused,
}


@pytest.fixture
async def world(county: County) -> World:
    return await make_world(county)


async def test_every_example_is_accepted(world: World) -> None:
    wrong = []
    async with program(world.county.app) as nobody:
        for route, operation in operations(world.county.app).items():
            account, given = await _prepared(world, route, operation)
            client = nobody if account is None else account.client
            method, path = route.split(" ", 1)
            for parameter, example in examples_of(operation, "path").items():
                path = path.replace(f"{{{parameter}}}", str(filled(example, given)))
            how = sent(operation, given)
            if any(one["name"] == "If-Match" for one in operation.get("parameters", ())):
                how["headers"] = {"If-Match": await _version(client, path)}
            answer = await client.request(method, path, **how)
            if not answer.is_success:
                who = account.login if account else "nobody"
                wrong.append(f"{route} by {who}: {answer.status_code} {answer.text}")
    assert wrong == [], "\n".join(wrong)


async def _prepared(
    world: World, route: str, operation: Schema
) -> tuple[Account | None, dict[str, str]]:
    """Who calls, and what the market's own in the example is."""
    name = operation["operationId"]
    content = operation.get("requestBody", {}).get("content", {}).values()
    examples = [one.get("example") for one in (*operation.get("parameters", ()), *content)]
    for kind in {kind for one in examples for kind in kinds_in(one)} & OBJECTS.keys():
        await world.fresh(kind)
    account = _caller(world, route, name)
    given = {"login": world.persons["owner"].login, "password": PASSWORD}
    if name in _PREPARED:
        account, more = await _PREPARED[name](world)
        given |= more
    return account, real_of(world) | given


def _caller(world: World, route: str, name: str) -> Account | None:
    """The first who may call and finds what is named; None where nobody needs to have signed in."""
    roles = roles_of(operations_of(world.county.app)[name])
    if Role.PUBLIC in roles:
        return None
    rows = {plain(row): who["found_by"] for row, who in committed().items()}
    finders = [one for one in rows.get(route, ()) if one in world.persons]
    persons = finders or [PERSONS[role][0] for role in PERSONS]
    return next(world.persons[one] for one in persons if world.persons[one].role in roles)


async def _version(client: httpx.AsyncClient, path: str) -> str:
    """The ETag of what is changed: of the address itself, or of the nearest above it."""
    answer = await client.get(path)
    if answer.is_success:
        return answer.headers["ETag"]
    return await _version(client, path.rpartition("/")[0])


def test_every_body_and_every_name_has_its_example() -> None:
    missing = []
    for route, operation in operations(_app()).items():
        content = operation.get("requestBody", {}).get("content", {})
        missing += [
            f"{route}: {form}"
            for form, one in content.items()
            if form not in _BINARY and "example" not in one
        ]
        missing += [
            f"{route}: {one['name']}"
            for one in operation.get("parameters", ())
            if one["in"] in ("path", "query") and one.get("required") and "example" not in one
        ]
    assert missing == [], "market/api/examples.py"


def test_every_success_says_what_comes_back() -> None:
    framework = {one.description for one in HTTPStatus}
    unsaid = [
        f"{route}: {answer['description']}"
        for route, operation in operations(_app()).items()
        for status, answer in operation["responses"].items()
        if status.startswith("2") and answer["description"] in framework
    ]
    assert unsaid == [], "market/api/answers.py"


def test_the_tables_name_only_what_is_there() -> None:
    there = operations_of(_app()).keys()
    assert BODIES.keys() | PARAMETERS.keys() | ANSWERS.keys() | _PREPARED.keys() <= there


def _app() -> Litestar:
    return undeployed()
