"""Lawful zeros: who may have nothing to declare, in which feeds, and in which months."""

from ratings.signals.contract import Excuse

NEW_FIRM_MONTHS = 6
LONGEST_CLOSURE_MONTHS = 36

# Which feeds an excuse on record neutralises, and for how many months at the longest.
EXCUSED_FEEDS: dict[Excuse, tuple[str, ...]] = {
    Excuse.NEW_FIRM: (
        "tax_filing",
        "invoices",
        "social_insurance",
        "housing_fund",
        "utilities",
        "platform",
    ),
    Excuse.REGISTERED_CLOSURE: (
        "tax_filing",
        "invoices",
        "social_insurance",
        "housing_fund",
        "registration",
        "practitioners",
        "utilities",
        "platform",
    ),
    Excuse.SOLE_PRACTITIONER: ("social_insurance", "housing_fund"),
    Excuse.LABOUR_DISPATCH: ("social_insurance", "housing_fund", "practitioners"),
    Excuse.RETIREES_INTERNS: ("social_insurance", "housing_fund"),
    Excuse.BRANCH: ("tax_filing", "invoices", "social_insurance"),
    Excuse.OUT_OF_COUNTY: (
        "tax_filing",
        "invoices",
        "social_insurance",
        "housing_fund",
        "utilities",
    ),
    Excuse.GROUP_PAYROLL: ("social_insurance", "practitioners"),
    Excuse.HOSTED_ADDRESS: (),
}
LONGEST_MONTHS = {
    Excuse.NEW_FIRM: NEW_FIRM_MONTHS,
    Excuse.REGISTERED_CLOSURE: LONGEST_CLOSURE_MONTHS,
    Excuse.RETIREES_INTERNS: 12,
    Excuse.GROUP_PAYROLL: 12,
}
# An excuse that only some legal forms can have; a form nobody told us rules nothing out.
FORMS = {Excuse.SOLE_PRACTITIONER: ("sole", "partnership"), Excuse.BRANCH: ("branch",)}
