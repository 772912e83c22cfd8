"""The words of shell cases: their steps, findings and stages, and the acts of the ledger."""

from ratings.ledger.text import N_

SHELL_ACTS = {
    "shell_case.assigned": (N_("Shell case given to an officer"), ""),
    "shell_case.desk_checked": (N_("Desk check of a shell case"), ""),
    "shell_case.noticed": (N_("Notice of a suspected shell"), "warn"),
    "shell_case.explained": (N_("Explanation by the agency"), ""),
    "shell_case.visited": (N_("Site visit"), ""),
    "shell_case.proposed": (N_("Finding of a shell case proposed"), "warn"),
    "shell_case.not_adopted": (N_("Proposed finding of a shell case not adopted"), ""),
    "shell_case.decided": (N_("Shell case decided"), "warn"),
    "shell_case.referred": (N_("Referred to the registrar"), "warn"),
    "shell_case.concluded": (N_("Outcome at the registrar"), ""),
    "shell_case.objected": (N_("Objection to a step of a shell case"), "warn"),
    "shell_case.reminded": (N_("Reminder: a shell case is overdue"), "warn"),
    "screen.reviews_planned": (N_("Reviews of a month planned, some by lot"), ""),
    "shell_case.answered": (N_("Objection to a step of a shell case answered"), "ok"),
}

STEPS = {
    "assigned": N_("Given to an officer"),
    "desk-checked": N_("Desk check"),
    "noticed": N_("Notice to the agency"),
    "explained": N_("Explanation by the agency"),
    "visited": N_("Site visit"),
    "proposed": N_("Finding proposed"),
    "not-adopted": N_("Proposal not adopted"),
    "decided": N_("Decision"),
    "referred": N_("Referred to the registrar"),
    "concluded": N_("Outcome at the registrar"),
    "objected": N_("Objection"),
    "answered": N_("Objection answered"),
    "reminded": N_("Reminder: overdue"),
}

# What a step came to, and the tone of its badge.
RESULTS = {
    "go-on": (N_("Ground to go on"), "warn"),
    "no-ground": (N_("No ground"), "ok"),
    "at-work": (N_("At work"), "ok"),
    "no-business": (N_("No business seen"), "warn"),
    "not-found": (N_("Nobody found"), "seal"),
    "refused": (N_("Visit refused"), "seal"),
    "no-issue": (N_("Nothing to find fault with"), "ok"),
    "excuse": (N_("Lawful excuse registered"), "ok"),
    "rectify": (N_("To be rectified"), "warn"),
    "shell": (N_("Shell agency"), "seal"),
    "pending": (N_("Pending"), ""),
    "deregistered": (N_("Deregistered"), "seal"),
    "resumed": (N_("Business resumed"), "ok"),
    "upheld": (N_("Objection not granted"), ""),
    "granted": (N_("Objection granted"), "ok"),
}

# What a case waits for.
STAGES = {
    "desk": N_("Desk check"),
    "notice": N_("Notice"),
    "visit": N_("Site visit"),
    "decision": N_("Proposal"),
    "second": N_("Second person"),
    "referral": N_("Referral"),
    "outcome": N_("Outcome"),
    "closed": N_("Closed"),
}

ARMS = {
    "flag": N_("Flagged by the screen"),
    "lot": N_("Drawn by lot"),
    "person": N_("Opened by a person"),
}

SEEN = {"yes": N_("Yes"), "no": N_("No"), "unseen": N_("Could not be looked at")}

EXCUSES = {
    "new_firm": N_("New firm"),
    "registered_closure": N_("Registered closure of business"),
    "sole_practitioner": N_("Sole practitioner or partners insured elsewhere"),
    "labour_dispatch": N_("Staff through a labour-dispatch company"),
    "retirees_interns": N_("Retirees or interns"),
    "branch": N_("Branch whose head office files"),
    "hosted_address": N_("Hosted or incubator address"),
    "out_of_county": N_("Registered outside the county"),
    "group_payroll": N_("Insured by another company of the group"),
}

# It stands in the tax returns themselves, so nobody registers it.
SEEN_EXCUSES = {"quarterly_filer": N_("Files its returns by the quarter")}

# A contradiction is named by its two parts.
FEATURES = {
    "tax_zero_run": N_("Longest run of zero returns"),
    "tax_overdue_run": N_("Longest run of returns not filed"),
    "tax_zero_share": N_("Share of zero returns"),
    "taxpayer_abnormal": N_("Declared an abnormal taxpayer"),
    "trading_while_dormant": N_("Sales during a registered closure"),
    "invoice_ratio": N_("Invoices issued over sales declared"),
    "few_buyers": N_("Different buyers in a month with sales"),
    "top_buyer": N_("Share of the largest buyer"),
    "invoice_burst": N_("Burst of invoices in the first months"),
    "purchases": N_("Purchases over sales invoiced"),
    "voided_invoices": N_("Share of voided invoices"),
    "insured_median": N_("Persons insured"),
    "insured_zero_share": N_("Share of months with nobody insured"),
    "sales_without_staff": N_("Sales while nobody was insured"),
    "token_staff": N_("One person insured at the lowest contributions"),
    "fund_gap": N_("Housing fund contributors over persons insured"),
    "sales_per_head": N_("Sales a head against the sector"),
    "fund_nobody": N_("Persons insured, nobody in the housing fund"),
    "claimed_staff": N_("Persons insured over the staff stated in the annual report"),
    "annual_report_missing": N_("Annual reports not filed"),
    "abnormal_address": N_("Not to be reached at the registered address"),
    "register_changes": N_("Changes of the register entry"),
    "address_crowding": N_("Other firms at the same address"),
    "cluster": N_("Firms tied by two shared things"),
    "close_cluster": N_("Firms tied by two things from different hands"),
    "watched_ties": N_("Tied firms that would be watched by themselves"),
    "certificate_gap": N_("Certificate holders insured elsewhere"),
    "certificate_hops": N_("Registration changes of one practitioner"),
    "power_low": N_("Electricity against what is usual"),
    "awards_without_power": N_("Awards while the meter stood still"),
    "dishonest": N_("On the list of dishonest debtors"),
    "enforcement": N_("Open enforcement"),
    "penalties": N_("Gravest penalty on record"),
    "orders_without_capacity": N_("Awards for each person"),
    "orders_failed": N_("Orders late or not delivered"),
}
