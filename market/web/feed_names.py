"""What the feeds are called where people read of them."""

from ratings.ledger.text import N_

FEED_TEXT = {
    "tax_filing": N_("Tax filing"),
    "invoices": N_("Invoices"),
    "social_insurance": N_("Social insurance"),
    "housing_fund": N_("Housing fund"),
    "registration": N_("Registration"),
    "practitioners": N_("Practitioners"),
    "utilities": N_("Electricity and water"),
    "judicial": N_("Courts and penalties"),
    "platform": N_("Conduct on this market"),
    "excuses": N_("Lawful zeros"),
    "manifest": N_("Manifest of the feeds"),
}
"""Name of a feed of the contract → what people call it."""
