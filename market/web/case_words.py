"""What cases, their decisions and their letters are called in pages and on paper."""

from ratings.ledger.text import N_

# What a case asks about an agency, within a sentence.
QUESTIONS = {
    "one-star": N_("whether one star is deserved"),
    "two-star": N_("whether your agency must rectify something"),
    "shell": N_("whether it is a shell"),
    "record": N_("whether what was reported of your agency is to be recorded"),
    "warning": N_("whether your agency is to be warned"),
    "serious-act": N_("whether your agency has done something serious"),
    "escalation": N_("whether two warnings are to be followed by one star"),
}

# The letters of a case.
LETTERS = {
    "notice": N_("Notice of a case"),
    "dismissal": N_("Notice that a case is closed"),
    "delisting": N_("Decision to delist"),
    "order": N_("Order to rectify"),
    "check": N_("Finding of a check"),
    "record": N_("Decision to record an act"),
    "warning": N_("Warning"),
    "repair": N_("Decision on a repair"),
    "objection-answer": N_("Answer to an objection"),
    "review-answer": N_("Answer to a review"),
    "conclusion": N_("Notice that a decision is final"),
    "relisting": N_("Notice that a delisting has ended"),
}

# What was objected to, within a sentence.
AGAINST = {
    "delisting": N_("the delisting"),
    "order": N_("the order to rectify"),
    "check-1": N_("the first check of the rectification"),
    "check-2": N_("the second check of the rectification"),
    "repair": N_("the refusal of the repair"),
    "record": N_("the record"),
    "warning": N_("the warning"),
}

# What an objection holds up until it is answered, within a sentence.
HELD = {
    "delisting": N_("the delisting is suspended"),
    "order": N_("the time to rectify stands still and nothing is checked"),
    "check-1": N_("the time to rectify stands still and nothing is checked"),
    "check-2": N_("your stars are not held at one"),
    "repair": N_("what was to be repaired goes on"),
    "record": N_("it does not count"),
    "warning": N_("it does not count"),
}

# The classes of acts that count against an agency, and what each leads to.
GRADES = {
    "record": (
        N_("Class one: recorded"),
        N_("A record is read by the agency and officials only."),
    ),
    "warning": (N_("Class two: warned of"), N_("A warning is public as long as it counts.")),
    "serious-act": (
        N_("Class three: serious"),
        N_("Two people decide on a serious delisting, of twelve months up, with one star."),
    ),
}

# How an objection ended, and the tone of its badge; a delisting alone can be shortened.
OUTCOMES = {
    "upheld": (N_("Delisting upheld"), "seal"),
    "changed": (N_("Delisting shortened"), "primary"),
    "annulled": (N_("Delisting annulled"), "ok"),
}
_OTHER_OUTCOMES = {
    "upheld": (N_("Decision upheld"), "seal"),
    "annulled": (N_("Decision annulled"), "ok"),
}

# What a check of a rectification came to.
CHECKS = {
    "rectified": N_("Checked: it is rectified"),
    "again": N_("Checked: not yet rectified; a second time is given"),
    "unrectified": N_("Checked: not rectified"),
}


def outcomes(against: str) -> dict[str, tuple[str, str]]:
    """The words for the ways in which an objection against something can end."""
    return OUTCOMES if against == "delisting" else _OTHER_OUTCOMES
