"""Which public reads are answered from memory, and which acts of the ledger change them.

A read lists the topics that its answer is made of; an act lists the topics that it changes. An act
that stands in no list changes everything, so that a new one can cost speed but never truth. Every
write that shows in one of these reads must append to the ledger in its own transaction.
"""

import re
from datetime import datetime
from typing import Final

import msgspec

from ratings.ledger.clock import end_of_day, local_date

_ROOT: Final = b"/api/v1/"
# Path and query of characters that stand for themselves. Where one is escaped it may be another
# spelling of the same address, which is not worth another place.
_PLAIN: Final = re.compile(rb"[\w.~/-]*\?[\w.~=&-]*")
_LONGEST: Final = 512  # bytes of path and query: a cursor takes about a hundred

CATALOGUE: Final = "catalogue"
DEPARTMENTS: Final = "departments"
DIRECTORY: Final = "directory"
SALES: Final = "sales"
# Of one agency: the read names it in its path, the act as its subject.
AGENCY: Final = "agency "


class Read(msgspec.Struct, frozen=True):
    """One route: its template, the parameters its answer may be kept under, and its topics.

    `subject` is the one that the path names. With `daily` the answer of a request that names no
    day is that of the local day.
    """

    template: str
    topics: tuple[str, ...]
    parameters: frozenset[str] = frozenset()
    subject: str = ""
    daily: bool = False

    @property
    def names(self) -> frozenset[str]:
        return self.parameters | {self.subject} if self.subject else self.parameters


class Wanted(msgspec.Struct, frozen=True):
    """What a request asks for: the address it is kept under, its parameters as they were sent, and
    what its answer is made of."""

    key: bytes
    template: str
    values: dict[str, str]
    topics: tuple[str, ...]
    daily: bool

    def until(self, at: datetime) -> datetime | None:
        """When time alone may change the answer; None for those that only acts change."""
        return end_of_day(local_date(at)) if self.daily else None


_PAGE = frozenset({"limit", "cursor"})

# By the parts of the path below the root; `*` is the one that names a thing. `text`, `as_of` and
# whatever is unknown are missing here: such requests are many, seldom the same, and go the
# ordinary way.
READS: Final = {
    (b"items",): Read("/api/v1/items", (CATALOGUE,), _PAGE | {"active"}),
    (b"packages",): Read("/api/v1/packages", (CATALOGUE, DEPARTMENTS, SALES), _PAGE, daily=True),
    (b"packages", b"*"): Read(
        "/api/v1/packages/{code}", (CATALOGUE, DEPARTMENTS, SALES), subject="code", daily=True
    ),
    (b"packages", b"*", b"listings"): Read(
        "/api/v1/packages/{code}/listings", (CATALOGUE, SALES), _PAGE, subject="code"
    ),
    (b"supervisors",): Read("/api/v1/supervisors", (DEPARTMENTS,), _PAGE),
    (b"county-ranges",): Read("/api/v1/county-ranges", (CATALOGUE,), _PAGE, daily=True),
    (b"agencies",): Read("/api/v1/agencies", (DIRECTORY,), _PAGE | {"package", "stars"}),
    (b"agencies", b"*"): Read("/api/v1/agencies/{uscc}", (AGENCY,), subject="uscc"),
    (b"agencies", b"*", b"standing"): Read(
        "/api/v1/agencies/{uscc}/standing", (AGENCY,), subject="uscc"
    ),
}

_OF_AN_AGENCY = (AGENCY, DIRECTORY, SALES)

ACTS: Final[dict[str, tuple[str, ...]]] = {
    "account.created": (DEPARTMENTS,),
    "agency.admitted": _OF_AN_AGENCY,
    "agency.applied": (),
    "agency.delisted": _OF_AN_AGENCY,
    "agency.details_changed": _OF_AN_AGENCY,
    "agency.refused": (),
    "agency.relisted": _OF_AN_AGENCY,
    "api_key.made": (),
    "api_key.revoked": (),
    "case.answered": (),
    "case.concluded": (),
    "case.delisting_proposed": (),
    "case.delisting_refused": (),
    "case.dismissed": (),
    "case.document_added": (),
    "case.objected": (),
    "case.objection_answered": (),
    "case.opened": (),
    "case.recorded": (),
    "case.warned": (),
    "check_up.made": (),
    "shell_case.answered": (),
    "shell_case.assigned": (),
    "shell_case.concluded": (),
    "shell_case.decided": (),
    "shell_case.desk_checked": (),
    "shell_case.explained": (),
    "shell_case.not_adopted": (),
    "shell_case.noticed": (),
    "shell_case.objected": (),
    "shell_case.proposed": (),
    "shell_case.referred": (),
    "shell_case.reminded": (),
    "screen.reviews_planned": (),
    "shell_case.visited": (),
    "catalogue.loaded": (CATALOGUE,),
    "cells.looked_at": (),
    "county_range.demonstration_loaded": (CATALOGUE,),
    "county_range.proposed": (),
    "county_range.refused": (),
    "county_range.set": (CATALOGUE,),
    "county_range.withdrawn": (),
    "delisting.objected": _OF_AN_AGENCY,
    "delisting.objection_answered": _OF_AN_AGENCY,
    "docket.answered": (),
    "docket.answer_left_out": (),
    "docket.answer_taken_in": (),
    "docket.answer_weight_lowered": (),
    "docket.answer_weight_restored": (),
    "docket.attached": (),
    "docket.attachment_withdrawn": (),
    "docket.comment_hidden": (),
    "docket.comment_shown": (),
    "docket.opened": (),
    "docket.rater_stepped_back": (),
    "docket.reminded": (),
    "docket.rerated": (),
    "docket.rerating_annulled": (),
    "docket.rerating_lifted": (),
    "docket.rerating_objected": (),
    "docket.rerating_opened": (),
    "docket.rerating_upheld": (),
    "docket.revised": (),
    "docket.unsealed": (),
    "catalogue.migrated": (CATALOGUE,),
    "edition.adopted": (CATALOGUE,),
    "edition.change_dropped": (),
    "edition.change_proposed": (),
    "edition.discarded": (),
    "edition.drafted": (),
    "edition.took_effect": (CATALOGUE,),
    "engagement.accepted": (),
    "engagement.deliverable_added": (),
    "engagement.dispute_resolved": (),
    "engagement.disputed": (),
    "engagement.milestone_reported": (),
    # The directory counts settled engagements.
    "engagement.settled": (DIRECTORY,),
    "engagement.started": (),
    # From its day on a package may ask for other figures.
    "fee_standard.adopted": (CATALOGUE,),
    "fee_standard.drafted": (),
    "fee_standard.proposed": (),
    "fee_standard.refused": (),
    "fee_standard.withdrawn": (),
    "feed.erased": (),
    "feed.rejected": (),
    "feed.released": (),
    "feed.row_dismissed": (),
    "feed.row_resolved": (),
    "feed.taken_in": (),
    "group_buy.chosen": (),
    "group_buy.closed": (),
    "group_buy.failed": (),
    "group_buy.joined": (),
    "group_buy.offered": (),
    "group_buy.opened": (),
    # No guide is among the reads that are kept.
    "guide.discarded": (),
    "guide.edited": (),
    "guide.loaded": (),
    "guide.published": (),
    "guide.returned": (),
    "guide.submitted": (),
    "guide.template_added": (),
    "guide.withdrawn": (),
    "identity.linked": (),
    "identity.unlinked": (),
    "integrity_flag.dismissed": (),
    "integrity_flag.ordered": (),
    "integrity_flag.order_lifted": (),
    "integrity_flag.rater_replied": (),
    "integrity_flag.rater_told": (),
    "integrity_flag.rerating_opened": (),
    "integrity_flag.taken_up": (),
    "invitation.made": (),
    "invitation.revoked": (),
    "item.supervisor_named": (),
    "listing.put_up": _OF_AN_AGENCY,
    "listing.withdrawn": _OF_AN_AGENCY,
    "membership.administrator_made": (),
    "membership.administrator_unmade": (),
    "membership.deactivated": (),
    "membership.handed_over": (),
    "membership.joined": (),
    "membership.left": (),
    "membership.reactivated": (),
    "membership.removed": (),
    "event_proposal.confirmed": (),
    "event_proposal.dismissed": (),
    "outside_event.reported": (),
    "package.draft_changed": (),
    "package.draft_discarded": (),
    "package.drafted": (),
    "package.supervisor_named": (CATALOGUE,),
    "package.version_adopted": (CATALOGUE,),
    "package.version_in_force": (CATALOGUE,),
    "password.changed": (),
    "person.deactivated": (),
    "person.reactivated": (),
    "person.renamed": (),
    # From its day on standings are published under it, which is an act of its own.
    "policy.adopted": (),
    "policy.changed": (),
    "policy.drafted": (),
    "policy.estimated": (),
    "policy.proposed": (),
    "policy.refused": (),
    "policy.withdrawn": (),
    "recovery_codes.renewed": (),
    "rectification.checked": (),
    "rectification.evidence_filed": (),
    "rectification.ordered": (),
    "rectification.planned": (),
    "repair.applied": (),
    "repair.granted": _OF_AN_AGENCY,
    "repair.refused": (),
    "connector.pull_asked": (),
    "connector.pull_failed": (),
    "connector.pulled": (),
    "feed.sender_dismissed": (),
    "feed.sender_named": (),
    "screen.ran": (),
    "screening_policy.adopted": (),
    "screening_policy.changed": (),
    "screening_policy.drafted": (),
    "screening_policy.proposed": (),
    "screening_policy.refused": (),
    "screening_policy.withdrawn": (),
    "second_factor.enrolled": (),
    "second_factor.removed": (),
    "second_factor.reset": (),
    "sessions.ended": (),
    "standing.published": _OF_AN_AGENCY,
    "webhook.changed": (),
    "webhook.deleted": (),
    "webhook.disabled": (),
    "webhook.paused": (),
    "webhook.resumed": (),
    "webhook.secret_rotated": (),
    "webhook.subscribed": (),
}


def wanted(raw_path: bytes, query: bytes) -> Wanted | None:
    """What a request asks for; None when its answer is not kept."""
    if not raw_path.startswith(_ROOT) or len(raw_path) + len(query) > _LONGEST:
        return None
    key = raw_path + b"?" + query
    if not _PLAIN.fullmatch(key):
        return None
    kind, *rest = raw_path[len(_ROOT) :].split(b"/")
    subject = rest[0].decode() if rest else ""
    read = READS.get((kind, b"*" if subject else b"", *rest[1:]) if rest else (kind,))
    if read is None:
        return None
    values = {read.subject: subject} if subject else {}
    for parameter in query.decode().split("&") if query else ():
        name, _, value = parameter.partition("=")
        # Twice or empty: the application knows what it makes of that.
        if name not in read.parameters or name in values or not value:
            return None
        values[name] = value
    topics = tuple(AGENCY + subject if topic is AGENCY else topic for topic in read.topics)
    return Wanted(key, read.template, values, topics, read.daily)


def changed_by(act: str, subject: str) -> tuple[str, ...] | None:
    """The topics that an act has changed; None for all of them."""
    topics = ACTS.get(act)
    if topics is None:
        return None
    return tuple(AGENCY + subject if topic is AGENCY else topic for topic in topics)
