"""Two officers at one shell case: what was done since the page of the later one was opened, and
what they typed into a form that the case no longer waits for. Nothing of it is lost."""

from typing import Any

import msgspec

from market.web import shell_words
from market.web.forms import Form
from ratings.ledger.errors import SteelyardError
from ratings.ledger.text import N_
from ratings.shells.case_queries import ShellCase, StepRow
from ratings.shells.case_way import Stage

_WAITS = {
    "desk": Stage.DESK,
    "notice": Stage.NOTICE,
    "propose": Stage.DECISION,
    "adopt": Stage.SECOND,
    "refuse": Stage.SECOND,
    "refer": Stage.REFERRAL,
    "conclude": Stage.OUTCOME,
}
# The fields of these forms, in their order, by what stands above them.
_LABELS = {
    "desk": N_("Is there ground to go on?"),
    "desk_reason": N_("Reason"),
    "notice": N_("Reasons"),
    "finding": N_("Finding"),
    "kind": N_("Excuse"),
    "from_month": N_("From the month"),
    "to_month": N_("To the month"),
    "source": N_("Where it is on file"),
    "severity": N_("Severity"),
    "until": N_("Last day"),
    "finding_reason": N_("Reason"),
    "refuse_reason": N_("Reason"),
    "registrar": N_("Registrar"),
    "document": N_("Number of the document"),
    "fate": N_("Outcome"),
    "fate_reason": N_("Reason"),
    "reply": N_("Answer"),
    "answer_reason": N_("Reason"),
}
# A word stands for what was chosen; what was written stands for itself.
_CHOSEN = {"desk", "finding", "kind", "fate", "reply"}
_WORDS = {code: word for code, (word, _) in shell_words.RESULTS.items()} | shell_words.EXCUSES


class Kept(msgspec.Struct, frozen=True):
    """One field that was typed; `chosen` is to be translated."""

    label: str
    value: str
    chosen: bool


def meanwhile(case: ShellCase, form: Form, error: SteelyardError | None) -> dict[str, Any]:
    """`since`, the steps that the page did not show yet, and `kept`, what was typed into a form
    that the page no longer has; both empty while nothing was refused."""
    if error is None:
        return {"since": (), "kept": ()}
    return {"since": _since(case, form), "kept": () if _has_form(case, form) else _kept(form)}


def _since(case: ShellCase, form: Form) -> tuple[StepRow, ...]:
    seen = max(form.versions("version"), default=len(case.steps))
    return tuple(one for one in case.steps if one.number > seen)


def _has_form(case: ShellCase, form: Form) -> bool:
    step = form.text("step")
    if step == "answer":
        return form.text("against") in {str(number) for number in case.waiting}
    return _WAITS.get(step, case.stage) == case.stage


def _kept(form: Form) -> tuple[Kept, ...]:
    """In the order of the forms; an empty field says nothing."""
    found = []
    for name, label in _LABELS.items():
        value = form.text(name)
        if value:
            chosen = name in _CHOSEN and value in _WORDS
            found.append(Kept(label, _WORDS[value] if chosen else value, chosen))
    return tuple(found)
