"""What the public may read of the ledger."""

PUBLIC_ACTS = (
    "agency.admitted",
    "agency.delisted",
    "agency.relisted",
    "catalogue.loaded",
    "county_range.demonstration_loaded",
    "county_range.set",
    "group_buy.chosen",
    "group_buy.closed",
    "group_buy.failed",
    "group_buy.joined",
    "group_buy.opened",
    "listing.put_up",
    "listing.withdrawn",
    "outside_event.reported",
    "package.supervisor_named",
    "standing.published",
)
"""Decisions, and what is offered to everybody.

An undecided case is none of them, nor is who works for whom, nor which agency offers to serve.
"""
