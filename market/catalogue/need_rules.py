"""The rules behind the questionnaire: when an item is needed, when it is not, and what settles it.

Three-valued: what nobody has answered makes a condition neither true nor false. An item is
“needed” only where the answers fulfil a condition that a source states, and only if it stands on
the current list; it is “not needed” where the answers rule it out; everything else “may be needed”.
"""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Literal

import msgspec

from market.catalogue.items import Item, LegalBasis
from market.catalogue.need_questions import QUESTIONS, ProjectAnswers

Verdict = Literal["needed", "may-be-needed", "not-needed"]
Mark = Literal["published", "copy", "unconfirmed", "proposal"]
Truth = bool | None

SETTLING: tuple[Mark, ...] = ("published", "copy")
"""How well a rule must be founded before it may say “needed”."""


class Condition(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One answer compared: with choices that fulfil it, that do not, or with a least figure."""

    answer: str
    one_of: tuple[str, ...] = ()
    none_of: tuple[str, ...] = ()
    at_least: Decimal | None = None


class Clause(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Every condition of `all`, and at least one of `any` if there are any; empty, it holds."""

    all: tuple[Condition, ...] = ()
    any: tuple[Condition, ...] = ()


class NeedRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When one item is needed.

    `applies` tells where the item comes into question at all. `needed` tells where it is needed for
    certain; without it the facts asked for never settle that, and `open_*` says what is missing.
    `mark` says how well the rule is founded, `basis` on what, each with a status of its own.
    """

    item: str
    mark: Mark
    applies: Clause = Clause()
    needed: Clause | None = None
    basis: tuple[LegalBasis, ...] = ()
    open_zh: str = ""
    open_en: str = ""


class NeedRules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The rules by item, and what waits for what across the packages (`waits_mark`: whose idea)."""

    rules: tuple[NeedRule, ...]
    waits: dict[str, tuple[str, ...]] = {}
    waits_mark: Mark = "proposal"


class Judged(msgspec.Struct, frozen=True):
    """A verdict; `unanswered` are the questions that keep it open."""

    verdict: Verdict
    unanswered: tuple[str, ...]


def judge(rule: NeedRule, answers: ProjectAnswers, *, active: bool) -> Judged:
    """What the rule says of a project; `active` items are those of the current list.

    Another answer never turns “needed” into “not needed” or back: it only settles what was open.
    """
    applies = holds(rule.applies, answers)
    if applies is False:
        return Judged("not-needed", ())
    settles = rule.needed is not None and rule.mark in SETTLING and active
    needed = holds(rule.needed, answers) if rule.needed is not None and settles else False
    if applies and needed:
        return Judged("needed", ())
    open_clauses = [rule.applies] if applies is None else []
    if rule.needed is not None and needed is None:
        open_clauses.append(rule.needed)
    names = (name for one in open_clauses for name in _unanswered(one, answers))
    return Judged("may-be-needed", tuple(dict.fromkeys(names)))


def holds(clause: Clause, answers: ProjectAnswers) -> Truth:
    """True, False, or None where an answer is missing that would decide it."""
    every = [_truth(one, answers) for one in clause.all]
    some = [_truth(one, answers) for one in clause.any]
    if False in every or (some and set(some) == {False}):
        return False
    if None in every or (some and True not in some):
        return None
    return True


def _truth(condition: Condition, answers: ProjectAnswers) -> Truth:
    given = getattr(answers, condition.answer)
    if given is None:
        return None
    if condition.at_least is not None:
        return bool(given >= condition.at_least)
    return given in condition.one_of if condition.one_of else given not in condition.none_of


def _unanswered(clause: Clause, answers: ProjectAnswers) -> Iterator[str]:
    settled = any(_truth(one, answers) for one in clause.any)
    for one in clause.all if settled else (*clause.all, *clause.any):
        if getattr(answers, one.answer) is None:
            yield one.answer


def faults_of(rules: NeedRules, items: Mapping[str, Item]) -> Iterator[tuple[str, str]]:
    """Everything wrong with the rules, each with the place in the file where it stands."""
    seen: set[str] = set()
    for number, rule in enumerate(rules.rules):
        place = f"rules[{number}] {rule.item}"
        if rule.item not in items:
            yield f"{place}.item", "no such item"
        if rule.item in seen:
            yield f"{place}.item", "the item has a rule already"
        seen.add(rule.item)
        yield from _rule_faults(place, rule)
    for code in sorted(items.keys() - seen):
        yield "rules", f"item {code} has no rule"
    for code, before in rules.waits.items():
        for one in (code, *before):
            if one not in items:
                yield f"waits.{code}", f"no such item: {one}"


def _rule_faults(place: str, rule: NeedRule) -> Iterator[tuple[str, str]]:
    for name, clause in (("applies", rule.applies), ("needed", rule.needed or Clause())):
        for kind, conditions in (("all", clause.all), ("any", clause.any)):
            for number, one in enumerate(conditions):
                fault = _condition_fault(one)
                if fault:
                    yield f"{place}.{name}.{kind}[{number}]", fault
    if rule.needed is not None and not (rule.needed.all or rule.needed.any):
        yield f"{place}.needed", "a condition is missing: without one every project would need it"
    founded = {one.status for one in rule.basis}
    if rule.mark == "published" and "published" not in founded:
        yield f"{place}.mark", "no basis of it is published"
    if rule.mark == "copy" and not founded & {"published", "copy"}:
        yield f"{place}.mark", "no basis of it stands in a copy"
    if rule.needed is not None and rule.mark not in SETTLING:
        yield f"{place}.needed", f"a rule that is {rule.mark} cannot say “needed”"
    if rule.needed is None and rule.mark in SETTLING and not (rule.open_zh and rule.open_en):
        yield f"{place}.open_zh", "say in both languages what keeps it open"


def _condition_fault(condition: Condition) -> str:
    question = QUESTIONS.get(condition.answer)
    if question is None:
        return f"no such answer: {condition.answer}"
    given = [condition.one_of, condition.none_of, condition.at_least is not None]
    if sum(map(bool, given)) != 1:
        return "needs exactly one of one_of, none_of, at_least"
    if (condition.at_least is not None) == bool(question.choices):
        return f"{condition.answer} is {'a choice' if question.choices else 'a figure'}"
    known = [choice.code for choice in question.choices]
    strange = [one for one in (*condition.one_of, *condition.none_of) if one not in known]
    return f"{condition.answer} has no choice {strange[0]}" if strange else ""


def waits_of(sources: Iterable[Mapping[str, Iterable[str]]]) -> dict[str, tuple[str, ...]]:
    """What waits for what by several sources, the first the strongest.

    A wait that would close a circle with those before it is left out: a package that the centre has
    composed goes before what is proposed here.
    """
    found: dict[str, tuple[str, ...]] = {}

    def reaches(code: str, other: str) -> bool:
        return code == other or any(reaches(one, other) for one in found.get(code, ()))

    for source in sources:
        for code, before in source.items():
            for one in before:
                if one not in found.get(code, ()) and not reaches(one, code):
                    found[code] = (*found.get(code, ()), one)
    return found


def among(codes: Iterable[str], waits: Mapping[str, Iterable[str]]) -> dict[str, tuple[str, ...]]:
    """The waits among some items alone: who waited for one that is left out waits for what that
    one waited for."""
    chosen = set(codes)

    def before(code: str) -> Iterator[str]:
        for one in waits.get(code, ()):
            if one in chosen:
                yield one
            else:
                yield from before(one)

    return {code: found for code in sorted(chosen) if (found := tuple(dict.fromkeys(before(code))))}
