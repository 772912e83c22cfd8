"""What the walk stands on: its visitors, its invented firms, and what they do again and again."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import msgspec

from market.demonstration.documents import pdf
from market.demonstration.firms import invented_uscc, person_name, phone
from market.demonstration.visitors import Visitor, claim, wait_for
from ratings.evaluations.indicators import WEIGHTS, Party
from ratings.evaluations.rules import NEEDS_REASON_BELOW
from ratings.ledger.clock import local_date

_SHARES = {
    Party.SUPERVISOR: Decimal("0.3"),
    Party.OWNER: Decimal("0.5"),
    Party.CENTRE: Decimal("0.2"),
}


class Officials(msgspec.Struct, frozen=True):
    """How the walk signs in as the two offices it needs, and as a second person of the centre."""

    centre_login: str
    centre_password: str
    supervisor_login: str
    supervisor_password: str
    centre_code: str = ""
    supervisor_code: str = ""
    centre2_login: str = ""
    centre2_password: str = ""
    centre2_code: str = ""


class Firm(msgspec.Struct, frozen=True):
    """An invented firm of this walk with its door to the market."""

    name: str
    uscc: str
    visitor: Visitor


class Ground:
    """A server, two officials who are signed in, and firms that come as they are needed."""

    def __init__(self, url: str, officials: Officials, random: Random) -> None:
        self._url = url
        self._officials = officials
        self._random = random
        self._visitors: list[Visitor] = []
        self.public = self.visitor("public")
        self.centre = self.visitor("centre")
        self.supervisor = self.visitor("supervisor")
        self.today = local_date(datetime.now(UTC))
        self.long_ago = self.today - timedelta(days=2500)
        self.password = f"walk-{random.getrandbits(48):012x}"

    def close(self) -> None:
        for visitor in self._visitors:
            visitor.close()

    def sign_in(self) -> str:
        """Both officials; returns the id of the supervising department."""
        who = self._officials
        self.centre.sign_in(who.centre_login, who.centre_password, who.centre_code)
        office = self.supervisor.sign_in(
            who.supervisor_login, who.supervisor_password, who.supervisor_code
        )
        return str(office["organisation"])

    def second_person(self) -> Visitor:
        """Of the centre: who decides what the first has proposed."""
        visitor = self.visitor("second person")
        who = self._officials
        visitor.sign_in(who.centre2_login, who.centre2_password, who.centre2_code)
        return visitor

    def visitor(self, name: str) -> Visitor:
        visitor = Visitor(self._url, name)
        self._visitors.append(visitor)
        return visitor

    def uscc(self) -> str:
        return invented_uscc(self._random.randrange(100_000, 10_000_000))

    def agency(self, brand: str, established_on: date | None = None) -> Firm:
        """Applies, is admitted by the centre, and signs in."""
        uscc = self.uscc()
        login = f"walk-{uscc.lower()}"
        firm = Firm(f"云溪{brand}评审有限公司（演示{uscc[-4:]}）", uscc, self.visitor(brand))
        self.public.post(
            "/agencies",
            {
                "uscc": uscc,
                "name": firm.name,
                "established_on": (established_on or self.long_ago).isoformat(),
                "staff": 8,
                "address": "云溪县演示路 1 号（虚构）",
                "contact_name": person_name(self._random),
                "contact_phone": phone(self._random.randrange(100_000)),
                "login": login,
                "password": self.password,
                "person_name": person_name(self._random),
            },
        )
        decision = {"admit": True, "reason": "材料齐全。"}
        self.centre.post(f"/agencies/{uscc}/admission", decision)
        firm.visitor.sign_in(login, self.password)
        return firm

    def enterprise(self, brand: str) -> Firm:
        """Opens an account and signs in."""
        uscc = self.uscc()
        login = f"walk-{uscc.lower()}"
        firm = Firm(f"云溪{brand}有限公司（演示{uscc[-4:]}）", uscc, self.visitor(brand))
        self.public.post(
            "/registrations/enterprises",
            {
                "organisation_name": firm.name,
                "uscc": uscc,
                "login": login,
                "password": self.password,
                "person_name": person_name(self._random),
            },
        )
        firm.visitor.sign_in(login, self.password)
        return firm

    def evaluate(
        self, docket: str, owner: Firm, marks: tuple[int, int, int], comment: str
    ) -> Decimal:
        """Each party gives one mark to all it is asked; returns the score of the engagement."""
        total = Decimal(0)
        parties = ((Party.SUPERVISOR, self.supervisor), (Party.OWNER, owner.visitor))
        for (party, visitor), mark in zip(
            (*parties, (Party.CENTRE, self.centre)), marks, strict=True
        ):
            scores = {code: str(mark) for code in WEIGHTS[party]}
            reasons = dict.fromkeys(scores, comment) if mark < NEEDS_REASON_BELOW else {}
            body = {"scores": scores, "reasons": reasons, "comment": comment, "final": True}
            visitor.post(f"/dockets/{docket}/answers", body)
            if party is Party.SUPERVISOR:
                again = visitor.refused("POST", f"/dockets/{docket}/answers", body)
                claim(again["status"] == 409, "nobody rates twice")
                sealed = owner.visitor.get(f"/dockets/{docket}")["answers"]
                claim(not sealed, "answers stay sealed until all have answered")
            total += _SHARES[party] * mark
        return total

    def standing(self, agency: Firm, engagements: int) -> dict[str, Any]:
        """The published standing, once the timetable has counted so many engagements."""

        def look() -> dict[str, Any] | None:
            found: dict[str, Any] = self.public.get(f"/agencies/{agency.uscc}/standing")
            return found if found["engagements"] == engagements else None

        return wait_for(f"The standing of {agency.name}", look)

    def case(self, agency: Firm) -> dict[str, Any] | None:
        """The open case about an agency."""
        rows: list[dict[str, Any]] = self.centre.every("/cases", state="open")
        return next((row for row in rows if row["uscc"] == agency.uscc), None)

    def work(self, engagement: str, agency: Firm, owner: Firm) -> tuple[dict[str, Any], str]:
        """From the first milestone to the settlement; returns the engagement and its docket."""
        path = f"/engagements/{engagement}"
        milestones = agency.visitor.get(path)["milestones"]
        for milestone in milestones:
            body = {"note": "已完成"}
            agency.visitor.post(f"{path}/milestones/{milestone['position']}", body)
        report = pdf(f"{owner.name} 评审报告", f"{agency.name}（演示成果，内容虚构）")
        agency.visitor.upload(f"{path}/deliverables", report, filename="评审报告.pdf")
        owner.visitor.post(f"{path}/acceptance", {})
        docket: str = owner.visitor.post(f"{path}/settlement", {})["docket"]
        shown = owner.visitor.get(path)
        claim(shown["state"] == "settled", "an accepted and paid engagement is settled")
        return shown, docket
