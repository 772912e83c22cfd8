"""Whole cases in any order of acts: none delists unheard or alone, and no objection is lost."""

import asyncio
import itertools
from collections import Counter
from collections.abc import Coroutine
from datetime import date, timedelta
from typing import Any, ClassVar

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from ratings.ledger.actors import Actor, Role, system
from ratings.ledger.clock import add_months, local_date, start_of_day
from ratings.ledger.database import fetch
from ratings.ledger.errors import SteelyardError
from ratings.ledger.queries import history
from ratings.ledger.rules import Entry
from ratings.sanctions.actions import (
    Proposal,
    answer_case,
    delist,
    dismiss_case,
    lift,
    open_by_person,
    open_case,
    propose_delisting,
    refuse_delisting,
)
from ratings.sanctions.objection_actions import GivenAnswer, answer_objection, file_objection
from ratings.sanctions.objection_lists import waiting_objections
from ratings.sanctions.objections import Outcome
from ratings.sanctions.rules import Kind, Severity, answer_due
from tests.conftest import make_uscc

BEGIN = start_of_day(date(2026, 6, 1)) + timedelta(hours=10)
PEOPLE = ("first", "second", "third", "fourth", "fifth", "sixth")
PERSON = st.sampled_from(PEOPLE)
PLACE = st.sampled_from([0, 0, 0, 1, 2])
OUTCOME = st.sampled_from([Outcome.UPHELD, Outcome.UPHELD, Outcome.ANNULLED])
_agencies = itertools.count(7_000_000)


class Cases(RuleBasedStateMachine):
    """One agency, six people of the centre, and time. What an act refuses leaves no trace."""

    loop: ClassVar[asyncio.AbstractEventLoop]
    met: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.uscc = make_uscc(next(_agencies))
        self.at = BEGIN
        self.cases: list[str] = []
        self.delistings: list[str] = []
        self.filed: list[str] = []

    def run(self, act: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(act, self.loop).result()

    def tried(self, name: str, act: Coroutine[Any, Any, Any]) -> Any:
        """What the act returns, True for nothing; None where it is refused."""
        # Nobody does two things at the same instant, so the ledger tells what came first.
        self.at += timedelta(seconds=1)
        try:
            found = self.run(act)
        except SteelyardError:
            return None
        self.met[name] += 1
        return True if found is None else found

    def person(self, name: str) -> Actor:
        return Actor(Role.CENTRE, self.at, person=name)

    def agency(self) -> Actor:
        return Actor(Role.AGENCY, self.at, person="agent", uscc=self.uscc)

    def case(self, place: int) -> str:
        nothing = "00000000-0000-4000-8000-000000000000"
        return self.cases[-1 - place % len(self.cases)] if self.cases else nothing

    @initialize()
    def something_to_decide(self) -> None:
        self.computed(Kind.ONE_STAR)

    @rule(days=st.integers(0, 12))
    def time_passes(self, days: int) -> None:
        self.at += timedelta(days=days)

    @rule()
    def the_end_of_every_delisting(self) -> None:
        self.at += timedelta(days=400)
        for one in self.delistings:
            self.tried("lifted", lift(system(self.at), one))

    @rule(kind=st.sampled_from([Kind.ONE_STAR, Kind.ONE_STAR, Kind.TWO_STAR, Kind.SHELL]))
    def computed(self, kind: Kind) -> None:
        case = self.tried("opened", open_case(system(self.at), self.uscc, kind, []))
        if isinstance(case, str):
            self.cases.append(case)

    @rule(name=PERSON)
    def asked(self, name: str) -> None:
        act = open_by_person(self.person(name), self.uscc, Kind.ONE_STAR, "查实")
        case = self.tried("opened by a person", act)
        if case is not None:
            self.cases.append(case)

    @rule(place=PLACE)
    def answers(self, place: int) -> None:
        self.tried("answered", answer_case(self.agency(), self.case(place), "说明"))

    @rule(place=PLACE, name=PERSON, severity=st.sampled_from(Severity), months=st.integers(2, 14))
    def proposes(self, place: int, name: str, severity: Severity, months: int) -> None:
        wanted = Proposal(severity, add_months(local_date(self.at), months), "失信")
        act = propose_delisting(self.person(name), self.case(place), wanted)
        self.tried("proposed", act)

    @rule(place=PLACE, name=PERSON)
    def refuses(self, place: int, name: str) -> None:
        self.tried("refused", refuse_delisting(self.person(name), self.case(place), "不足"))

    @rule(place=PLACE, name=PERSON)
    def delists(self, place: int, name: str) -> None:
        found = self.tried("delisted", delist(self.person(name), self.case(place)))
        if found is not None:
            self.delistings.append(found)

    @rule(
        first=PERSON,
        second=PERSON,
        third=st.none() | PERSON,
        days=st.sampled_from([0, 12, 12]),
        outcome=OUTCOME,
    )
    def in_a_row(
        self, first: str, second: str, third: str | None, days: int, outcome: Outcome
    ) -> None:
        """What chance alone brings together too seldom; one person tries it all, too."""
        self.computed(Kind.ONE_STAR)
        self.at += timedelta(days=days)
        self.proposes(0, first, Severity.ORDINARY, 4)
        self.delists(0, second)
        self.objects(0)
        if third is not None:
            self.is_answered(0, third, outcome)

    @rule(place=PLACE, name=PERSON)
    def dismisses(self, place: int, name: str) -> None:
        self.tried("dismissed", dismiss_case(self.person(name), self.case(place), "无事实"))

    @rule(place=PLACE)
    def objects(self, place: int) -> None:
        case = self.case(place)
        if self.tried("objected", file_objection(self.agency(), case, "不服")) is not None:
            self.filed.append(case)

    @rule(place=PLACE, name=PERSON, outcome=OUTCOME)
    def is_answered(self, place: int, name: str, outcome: Outcome) -> None:
        given = GivenAnswer(outcome, "查明")
        self.tried(
            f"objection {outcome}", answer_objection(self.person(name), self.case(place), given)
        )

    @invariant()
    def nobody_is_delisted_unheard_or_by_one(self) -> None:
        told = self.run(history("agency", self.uscc))
        delisted = [entry for entry in told if entry.act == "agency.delisted"]
        for entry in delisted:
            before = [one for one in told if one.seq < entry.seq and _case(one) == _case(entry)]
            opened = next(one for one in before if one.act == "case.opened")
            proposed = [one for one in before if one.act == "case.delisting_proposed"][-1]
            heard = [one.at for one in before if one.act == "case.answered"]
            assert min([*heard, answer_due(opened.at)]) <= proposed.at
            assert entry.person is not None
            assert proposed.person is not None
            assert entry.person not in (proposed.person, opened.person)
        rows = self.run(fetch("SELECT case_file::text FROM delisting WHERE uscc = $1", self.uscc))
        assert sorted(row[0] for row in rows) == sorted(_case(one) for one in delisted)

    @invariant()
    def no_objection_is_lost(self) -> None:
        rows = self.run(
            fetch(
                "SELECT o.case_file::text, o.answered_at, o.answered_by, o.outcome, c.opened_by,"
                " c.proposed_by, c.decided_by FROM objection o JOIN case_file c"
                " ON c.id = o.case_file WHERE c.uscc = $1",
                self.uscc,
            )
        )
        assert sorted(row[0] for row in rows) == sorted(self.filed)
        waiting = [row[0] for row in rows if row[1] is None]
        listed = [
            one.case for one in self.run(waiting_objections(self.at)) if one.uscc == self.uscc
        ]
        assert sorted(waiting) == sorted(listed)
        for _, answered_at, by, outcome, *deciders in rows:
            assert (answered_at is None) == (by is None) == (outcome is None)
            assert by is None or by not in deciders
        off = self.run(
            fetch(
                "SELECT d.case_file::text FROM off_market o JOIN delisting d ON d.id = o.id"
                " WHERE o.uscc = $1",
                self.uscc,
            )
        )
        assert not {row[0] for row in off} & set(waiting)

    def teardown(self) -> None:
        """Years later, too, what waits is answered by somebody who had no part in it."""
        self.at += timedelta(days=1_000)
        for case in {one.case for one in self.run(waiting_objections(self.at))} & set(self.filed):
            act = answer_objection(
                Actor(Role.CENTRE, self.at, person="newcomer"),
                case,
                GivenAnswer(Outcome.UPHELD, "查明"),
            )
            assert self.tried("answered late", act) is not None
        self.no_objection_is_lost()
        assert not {one.uscc for one in self.run(waiting_objections(self.at))} & {self.uscc}


def _case(entry: Entry) -> str:
    return str(msgspec.json.decode(entry.facts)["case"])


async def test_whatever_the_order_of_acts(database: str) -> None:
    """With real acts on a real database; they happen on this loop, and the machine in a thread."""
    Cases.loop = asyncio.get_running_loop()
    few = settings(max_examples=40, stateful_step_count=40, derandomize=True)
    await asyncio.to_thread(run_state_machine_as_test, Cases, settings=few)
    # What never happens proves nothing.
    for name in ("delisted", "lifted", "objected", "objection annulled", "answered late"):
        assert Cases.met[name], (name, Cases.met)
