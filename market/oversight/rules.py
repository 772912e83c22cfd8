"""Who may read which acts of the ledger. An act that stands in no list here is told to nobody."""

from enum import StrEnum

from ratings.ledger.actors import Role

OFFICIALS = (Role.CENTRE, Role.SUPERVISOR, Role.AUDITOR)
"""They may read every entry."""

PUBLIC_ACTS = (
    "agency.admitted",
    "agency.delisted",
    "agency.relisted",
    "case.warned",
    "catalogue.loaded",
    "county_range.demonstration_loaded",
    "county_range.set",
    "delisting.objected",
    "delisting.objection_answered",
    "edition.adopted",
    "edition.took_effect",
    "fee_standard.adopted",
    "group_buy.chosen",
    "group_buy.closed",
    "group_buy.failed",
    "group_buy.joined",
    "group_buy.opened",
    "guide.published",
    "item.supervisor_named",
    "listing.put_up",
    "listing.withdrawn",
    "outside_event.reported",
    "package.supervisor_named",
    "package.version_adopted",
    "package.version_in_force",
    "policy.adopted",
    "rectification.checked",
    "rectification.ordered",
    "standing.published",
)
"""Decisions, and what is offered to everybody.

An undecided case is none of them, nor is who works for whom, nor which agency offers to serve.
"""


class Parties(StrEnum):
    """Whose own an act is that is not everybody's."""

    AGENCY = "the agency it is about"
    ENGAGEMENT = "owner, agency and supervisor of the engagement"
    DOCKET = "owner, agency and supervisor of the engagement that is evaluated"
    EVALUATING = "owner and supervisor of the engagement that is evaluated"
    GROUP_BUY = "the participants, and the agency that offers"
    RATER = "the organisation whose answers it is about"


PARTY_ACTS = {
    "agency.applied": Parties.AGENCY,
    "agency.refused": Parties.AGENCY,
    "case.answered": Parties.AGENCY,
    "case.concluded": Parties.AGENCY,
    "case.delisting_proposed": Parties.AGENCY,
    "case.delisting_refused": Parties.AGENCY,
    "case.dismissed": Parties.AGENCY,
    "case.document_added": Parties.AGENCY,
    "case.objected": Parties.AGENCY,
    "case.objection_answered": Parties.AGENCY,
    "case.opened": Parties.AGENCY,
    "case.recorded": Parties.AGENCY,
    "docket.answered": Parties.DOCKET,
    "docket.answer_left_out": Parties.DOCKET,
    "docket.answer_taken_in": Parties.DOCKET,
    "docket.answer_weight_lowered": Parties.DOCKET,
    "docket.answer_weight_restored": Parties.DOCKET,
    "docket.attached": Parties.EVALUATING,
    "docket.attachment_withdrawn": Parties.EVALUATING,
    "docket.comment_hidden": Parties.DOCKET,
    "docket.comment_shown": Parties.DOCKET,
    "docket.opened": Parties.DOCKET,
    "docket.rater_stepped_back": Parties.EVALUATING,
    "docket.reminded": Parties.EVALUATING,
    "docket.revised": Parties.DOCKET,
    "docket.rerated": Parties.DOCKET,
    "docket.rerating_annulled": Parties.DOCKET,
    "docket.rerating_lifted": Parties.DOCKET,
    "docket.rerating_objected": Parties.DOCKET,
    "docket.rerating_opened": Parties.DOCKET,
    "docket.rerating_upheld": Parties.DOCKET,
    "docket.unsealed": Parties.DOCKET,
    "engagement.accepted": Parties.ENGAGEMENT,
    "engagement.deliverable_added": Parties.ENGAGEMENT,
    "engagement.dispute_resolved": Parties.ENGAGEMENT,
    "engagement.disputed": Parties.ENGAGEMENT,
    "engagement.milestone_reported": Parties.ENGAGEMENT,
    "engagement.settled": Parties.ENGAGEMENT,
    "engagement.started": Parties.ENGAGEMENT,
    "group_buy.offered": Parties.GROUP_BUY,
    "integrity_flag.rater_replied": Parties.RATER,
    "integrity_flag.rater_told": Parties.RATER,
    "rectification.evidence_filed": Parties.AGENCY,
    "rectification.planned": Parties.AGENCY,
    "repair.applied": Parties.AGENCY,
    "repair.granted": Parties.AGENCY,
    "repair.refused": Parties.AGENCY,
    "check_up.made": Parties.AGENCY,
    "shell_case.answered": Parties.AGENCY,
    "shell_case.concluded": Parties.AGENCY,
    "shell_case.decided": Parties.AGENCY,
    "shell_case.desk_checked": Parties.AGENCY,
    "shell_case.explained": Parties.AGENCY,
    "shell_case.noticed": Parties.AGENCY,
    "shell_case.objected": Parties.AGENCY,
    "shell_case.referred": Parties.AGENCY,
    "shell_case.visited": Parties.AGENCY,
}
"""What the parties are told beside the public acts; officials are told it too."""
