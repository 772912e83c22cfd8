"""Somebody writes code into every text there is, and waits until others open the pages."""

from datetime import timedelta

import msgspec

from market.demonstration.documents import pdf
from market.engagements.actions import accept, purchase, report_milestone, settle
from market.purchasing.actions import join_group_buy, open_group_buy
from ratings.evaluations.actions import answer
from ratings.evaluations.attachments import attach
from ratings.evaluations.indicators import Party
from ratings.ledger.actors import Role, system
from ratings.ledger.clock import add_months, local_date, now
from ratings.ledger.errors import Bilingual
from ratings.sanctions.actions import answer_case, open_case
from ratings.sanctions.rules import Kind, Severity
from ratings.stars.actions import ReportedEvent, report_event
from ratings.stars.feedback import Cap
from ratings.stars.feedback import Severity as Reported
from tests.conftest import Account, browser
from tests.contract.test_permissions import routes
from tests.county import A_FILE, County, marks, picture
from tests.security.pages import Page
from tests.security.test_uploads import upload

# Leaves an attribute in either quotes, a comment and a script, and asks the template to calculate.
CODE = "\"'>--></script><xss-probe onclick=alert(1)>{{7*7}}"
SHORT = "'><xss-probe>"


async def _fill(county: County) -> tuple[Account, dict[str, str]]:
    """Code in every free text of the market; returns the agency and the ids of what there is."""
    owner, centre = county.enterprise, county.centre
    names = ("name_en", "introduction", "address", "contact_name", "person_name")
    texts = dict.fromkeys(names, CODE)
    agency = await county.agency(name=f"云溪{CODE}", contact_phone=CODE[:40], **texts)
    assert agency.uscc is not None
    listing = await county.listing(agency)
    group = await open_group_buy(
        owner.actor(), county.group_buy(title=CODE, project_name=CODE, description=CODE)
    )
    member = await county.account(Role.ENTERPRISE)
    await join_group_buy(member.actor(), group, CODE)
    engagement = await purchase(owner.actor(), listing, CODE)
    for position in range(1, 6):
        await report_milestone(agency.actor(), engagement, position, CODE)
    made = await upload(agency, engagement, f"{CODE}.pdf", pdf("成果", "虚构"))
    assert made.status_code == 201, made.text
    await accept(owner.actor(), engagement)
    docket = await settle(owner.actor(), engagement)
    for party in Party:
        who, why = county.party(party).actor(), dict.fromkeys(marks(party, 55), CODE)
        await attach(who, docket, msgspec.structs.replace(A_FILE, filename=f"{CODE}.pdf"))
        await answer(who, docket, marks(party, 55), CODE, reasons=why, final=True)
    event = ReportedEvent(agency.uscc, local_date(now()), SHORT, CODE, Reported.GENERAL, Cap.NONE)
    await report_event(centre.actor(), event)
    reasons = [Bilingual(zh=CODE, en=CODE)]
    case = await open_case(system(now()), agency.uscc, Kind.ONE_STAR, reasons)
    assert case is not None
    await answer_case(agency.actor(), case, CODE)
    other = await open_case(system(now()), agency.uscc, Kind.SHELL, reasons)
    assert other is not None
    until = add_months(local_date(now() + timedelta(days=1)), 6)
    await county.delist(other, Severity.ORDINARY, until, CODE)
    waiting = await county.applicant(name=f"云溪二{CODE}", **texts)
    ids = {
        "group_buy": group,
        "engagement": engagement,
        "docket": docket,
        "case": case,
        "agency": agency.uscc,
        "applicant": waiting.uscc or "",
    }
    return agency, ids


async def test_every_text_is_shown_and_none_is_run(county: County) -> None:
    agency, ids = await _fill(county)
    own = {
        "/agencies/{uscc:str}": ids["agency"],
        "/console/admissions/{uscc:str}": ids["applicant"],
        "/console/cases/{identifier:str}": ids["case"],
        "/workspace/cases/{identifier:str}": ids["case"],
        "/engagements/{identifier:str}": ids["engagement"],
        "/evaluations/{identifier:str}": ids["docket"],
        "/group-buys/{identifier:str}": ids["group_buy"],
    }
    addresses = [f"/agencies?q={CODE[:20]}", f"/sign-in?login={CODE}&next_path={CODE}"]
    for route in routes(county.app):
        method, path = route.split(" ", 1)
        if method == "GET" and not path.startswith(("/api/", "/static/", "/healthz/", "/exports/")):
            if path in own:
                addresses.append(path.replace(path[path.index("{") :], own[path]))
            elif "{" not in path:
                addresses.append(path)
    before = await picture()
    shown: dict[str, int] = {}
    async with browser(county.app) as nobody:
        visitors = {
            "nobody": nobody,
            "owner": county.enterprise.browser,
            "agency": agency.browser,
            "supervisor": county.supervisor.browser,
            "centre": county.centre.browser,
        }
        for who, visitor in visitors.items():
            for address in addresses:
                answer = await visitor.get(address)
                if answer.headers["content-type"].startswith("text/html"):
                    page = Page(answer.text)
                    assert page.faults == [], f"{address} as {who}"
                    assert "xss-probe" not in page.elements, f"{address} as {who}"
                    assert "alert(1)>49" not in page.text, f"{address} as {who}"
                    shown[who] = shown.get(who, 0) + ("<xss-probe" in page.text)
    assert await picture() == before, "reading changes nothing"
    # Nothing is shown to nobody: the code must have reached the pages for this to mean anything.
    assert all(count >= 2 for count in shown.values()), shown
    assert sum(shown.values()) > 25, shown


async def test_a_refused_form_shows_what_was_typed_and_runs_nothing(county: County) -> None:
    async with browser(county.app) as nobody:
        for path in ("/register", "/agencies/apply", "/sign-in"):
            fields = dict.fromkeys(
                ("login", "name", "organisation_name", "person_name", "uscc", "next_path"), CODE
            )
            answer = await nobody.post(path, data={**fields, "password": CODE[:100]})
            assert answer.status_code in (401, 422), path
            page = Page(answer.text)
            assert page.faults == []
            assert "xss-probe" not in page.elements
            assert "&lt;xss-probe" in answer.text, path
