"""The words for stored codes: states, roles, kinds, and the acts of the ledger.

States share one list because a word means the same wherever it is stored.
"""

from ratings.ledger.text import N_

# code → what people read, and the tone of its badge (see templates/parts/things.html).
STATES = {
    "applied": (N_("Waiting for admission"), "warn"),
    "admitted": (N_("Admitted"), "ok"),
    "refused": (N_("Refused"), "seal"),
    "live": (N_("On offer"), "ok"),
    "withdrawn": (N_("Withdrawn"), ""),
    "open": (N_("Open"), "primary"),
    "closed": (N_("Closed"), "warn"),
    "failed": (N_("Not formed"), ""),
    "chosen": (N_("Agency chosen"), "ok"),
    "running": (N_("Running"), "primary"),
    "delivered": (N_("Delivered"), "warn"),
    "accepted": (N_("Accepted"), "ok"),
    "settled": (N_("Settled"), "ok"),
    "answered": (N_("Answered"), "primary"),
    "dismissed": (N_("Dismissed"), "ok"),
    "delisted": (N_("Delisted"), "seal"),
    "lifted": (N_("Delisting ended"), ""),
    "rated": (N_("Rated"), "ok"),
    "proposed": (N_("Proposed"), "warn"),
    "adopted": (N_("Adopted"), "ok"),
    "none": (N_("No draft"), ""),
    "draft": (N_("Draft"), "primary"),
    "submitted": (N_("Waiting for the review"), "warn"),
    "returned": (N_("Returned"), "seal"),
    "provisional": (N_("Provisional"), ""),
    "unrated": (N_("Not yet rated"), ""),
}

KINDS = {
    "enterprise": N_("Enterprise"),
    "agency": N_("Agency"),
    "supervisor": N_("Supervising department"),
    "owner": N_("Project owner"),
    "centre": N_("Agency service centre"),
    "auditor": N_("Auditor"),
    "public": N_("Public"),
    "system": N_("System"),
    "one-star": N_("One star"),
    "shell": N_("Suspected shell"),
    "ordinary": N_("Ordinary"),
    "serious": N_("Serious"),
}

# act → its title in a history, and the tone of its mark.
ACTS = {
    "account.created": (N_("Account opened"), ""),
    "agency.applied": (N_("Applied for admission"), ""),
    "agency.admitted": (N_("Admitted by the centre"), "ok"),
    "agency.details_changed": (N_("Details of the agency changed"), ""),
    "agency.refused": (N_("Admission refused"), "warn"),
    "agency.delisted": (N_("Delisted"), "seal"),
    "agency.relisted": (N_("Delisting ended"), "ok"),
    "api_key.made": (N_("API key made"), ""),
    "api_key.revoked": (N_("API key revoked"), ""),
    "case.opened": (N_("Case opened"), "warn"),
    "case.answered": (N_("Case answered by the agency"), ""),
    "case.dismissed": (N_("Case dismissed"), "ok"),
    "catalogue.loaded": (N_("Catalogue loaded"), ""),
    "catalogue.migrated": (N_("Records of the items brought up to date"), ""),
    "county_range.demonstration_loaded": (N_("Invented county ranges loaded"), "warn"),
    "county_range.proposed": (N_("County range proposed"), ""),
    "county_range.refused": (N_("Proposed county range refused"), "warn"),
    "county_range.set": (N_("County range set"), ""),
    "county_range.withdrawn": (N_("Proposed county range withdrawn"), ""),
    "demonstration.populated": (N_("Demonstration filled with invented data"), "warn"),
    "docket.opened": (N_("Evaluations opened"), ""),
    "docket.answered": (N_("One party has evaluated"), ""),
    "docket.unsealed": (N_("Evaluations unsealed"), "ok"),
    "edition.adopted": (N_("Edition of the list adopted"), "ok"),
    "edition.change_dropped": (N_("Act taken out of a draft of the list"), ""),
    "edition.change_proposed": (N_("Act on an item drafted"), ""),
    "edition.discarded": (N_("Draft of the list discarded"), "warn"),
    "edition.drafted": (N_("Draft of an edition begun"), ""),
    "edition.took_effect": (N_("Edition of the list took effect"), "ok"),
    "fee_standard.adopted": (N_("Fee standard adopted"), "ok"),
    "fee_standard.drafted": (N_("Fee standard drafted"), ""),
    "fee_standard.proposed": (N_("Fee standard proposed"), ""),
    "fee_standard.refused": (N_("Proposed fee standard refused"), "warn"),
    "fee_standard.withdrawn": (N_("Proposed fee standard withdrawn"), ""),
    "engagement.started": (N_("Engagement started"), ""),
    "engagement.milestone_reported": (N_("Milestone reported"), ""),
    "engagement.deliverable_added": (N_("Deliverable uploaded"), ""),
    "engagement.accepted": (N_("Accepted by the owner"), "ok"),
    "engagement.settled": (N_("Engagement settled"), "ok"),
    "group_buy.opened": (N_("Group buy opened"), ""),
    "group_buy.joined": (N_("An enterprise joined"), ""),
    "group_buy.offered": (N_("An agency offered to serve"), ""),
    "group_buy.closed": (N_("Group buy closed at its tier"), "ok"),
    "group_buy.failed": (N_("Group buy ended below its first tier"), "warn"),
    "group_buy.chosen": (N_("Agency chosen"), "ok"),
    "invitation.made": (N_("Invitation made"), ""),
    "invitation.revoked": (N_("Invitation revoked"), ""),
    "item.supervisor_named": (N_("Responsible department of an item named"), ""),
    "listing.put_up": (N_("Listing put up"), ""),
    "listing.withdrawn": (N_("Listing withdrawn"), ""),
    "membership.administrator_made": (N_("Made an administrator"), ""),
    "membership.administrator_unmade": (N_("No administrator any more"), ""),
    "membership.deactivated": (N_("Member deactivated"), "warn"),
    "membership.handed_over": (N_("Organisation handed over"), ""),
    "membership.joined": (N_("Joined an organisation"), ""),
    "membership.left": (N_("Left an organisation"), ""),
    "membership.reactivated": (N_("Member reactivated"), ""),
    "membership.removed": (N_("Member removed"), "warn"),
    "organisation.changed": (N_("Organisation changed"), ""),
    "outside_event.reported": (N_("Outside event taken in"), "warn"),
    "package.draft_changed": (N_("Draft of a package changed"), ""),
    "package.draft_discarded": (N_("Draft of a package discarded"), "warn"),
    "package.drafted": (N_("Draft of a package begun"), ""),
    "package.supervisor_named": (N_("Supervisor named"), ""),
    "package.version_adopted": (N_("Version of a package adopted"), "ok"),
    "package.version_in_force": (N_("Version of a package in force"), "ok"),
    "guide.discarded": (N_("Draft of a guide discarded"), ""),
    "guide.edited": (N_("Draft of a guide edited"), ""),
    "guide.loaded": (N_("Guides begun from the sources"), ""),
    "guide.published": (N_("Guide published"), "ok"),
    "guide.returned": (N_("Draft of a guide returned"), "warn"),
    "guide.submitted": (N_("Draft of a guide submitted"), ""),
    "guide.template_added": (N_("Template of a guide uploaded"), ""),
    "guide.withdrawn": (N_("Submitted draft of a guide taken back"), ""),
    "identity.linked": (N_("Identity linked"), ""),
    "identity.unlinked": (N_("Identity no longer linked"), ""),
    "password.changed": (N_("Password changed"), ""),
    "person.deactivated": (N_("Account deactivated"), "warn"),
    "person.erased": (N_("Personal data erased"), "warn"),
    "person.reactivated": (N_("Account opened again"), ""),
    "person.renamed": (N_("Name of a person put right"), ""),
    "recovery_codes.renewed": (N_("Recovery codes renewed"), ""),
    "screen.ran": (N_("Screened for shells"), ""),
    "second_factor.enrolled": (N_("Second factor set up"), "ok"),
    "second_factor.removed": (N_("Second factor removed"), "warn"),
    "second_factor.reset": (N_("Second factor reset"), "warn"),
    "sessions.ended": (N_("Other sessions ended"), ""),
    "standing.published": (N_("Standing published"), ""),
    "webhook.changed": (N_("Webhook changed"), ""),
    "webhook.deleted": (N_("Webhook deleted"), ""),
    "webhook.disabled": (N_("Webhook disabled after long failure"), "warn"),
    "webhook.paused": (N_("Webhook paused"), ""),
    "webhook.resumed": (N_("Webhook resumed"), ""),
    "webhook.secret_rotated": (N_("Secret of a webhook rotated"), ""),
    "webhook.subscribed": (N_("Webhook subscribed"), ""),
}

# The first word of an event's type → what all of its kind are about.
EVENT_KINDS = {
    "agency": N_("Agencies"),
    "case": N_("Cases"),
    "catalogue": N_("Catalogue"),
    "county_range": N_("County ranges"),
    "docket": N_("Evaluations"),
    "edition": N_("Editions of the list"),
    "engagement": N_("Engagements"),
    "fee_standard": N_("Fee standards"),
    "group_buy": N_("Group buys"),
    "guide": N_("Service guides"),
    "item": N_("Items"),
    "listing": N_("Listings"),
    "outside_event": N_("Outside events"),
    "package": N_("Supervisors of packages"),
    "standing": N_("Standings"),
}

# Why a webhook got no answer.
DELIVERY_ERRORS = {
    "no-address": N_("The host has no public address"),
    "connection": N_("No connection"),
    "certificate": N_("The certificate was not accepted"),
    "time-out": N_("No answer in time"),
    "protocol": N_("What came back is no HTTP"),
}


# How well a figure of a fee standard is founded, and how exact its dates are.
MARKS = {
    "F": N_("a published source"),
    "F-u": N_("an unofficial copy"),
    "M": N_("general knowledge, not confirmed"),
    "year only": N_("the year only; 1 January stands in"),
    "month only": N_("the month only; its first day stands in"),
}

# How well a statement of a guide is founded: as for an item, or by the department's own word.
GUIDE_MARKS = {
    "published": (N_("Published"), "ok"),
    "copy": (N_("Unofficial copy"), "warn"),
    "unconfirmed": (N_("Not confirmed"), ""),
    "department": (N_("By the department"), "primary"),
}

GUIDE_SECTIONS = {
    "scope": N_("Scope"),
    "materials": N_("Materials to hand in"),
    "procedure": N_("Procedure"),
    "time-limit": N_("Time limit"),
    "fee": N_("Fee range"),
    "deliverable": N_("Deliverable"),
    "standard": N_("Standard of the deliverable"),
}

# The parts of a guide's text and their fields, where two versions are compared.
GUIDE_PARTS = {
    "scope": N_("Scope"),
    "materials": N_("Materials to hand in"),
    "steps": N_("Procedure"),
    "deliverable": N_("Deliverable"),
    "standard": N_("Standard of the deliverable"),
}

GUIDE_FIELDS = {
    "text_zh": N_("Text in Chinese"),
    "text_en": N_("Text in English"),
    "name_zh": N_("Name in Chinese"),
    "name_en": N_("Name in English"),
    "note_zh": N_("Note in Chinese"),
    "note_en": N_("Note in English"),
    "by_zh": N_("Taken by, in Chinese"),
    "by_en": N_("Taken by, in English"),
    "needed": N_("When it is needed"),
    "template": N_("Template"),
    "mark": N_("How well founded"),
    "source": N_("Source"),
    "place": N_("Place in the list"),
}

NEEDED = {
    "always": N_("Always"),
    "if-applicable": N_("If it applies"),
}

DIFFERENCES = {
    "added": (N_("New"), "ok"),
    "removed": (N_("Taken out"), "seal"),
    "changed": (N_("Changed"), "primary"),
    "moved": (N_("Moved"), ""),
}

# How well a statement about an item is founded, and the tone of its badge.
FOUNDED = {
    "published": (N_("Published"), "ok"),
    "copy": (N_("Unofficial copy"), "warn"),
    "unconfirmed": (N_("Not confirmed"), ""),
}

ITEM_KINDS = {
    "mandatory": N_("Mandatory"),
    "non-mandatory": N_("Not mandatory"),
    "government-commissioned": N_("Commissioned by the authority"),
}

# The fields of an item's record, as the differences between two editions name them.
ITEM_FIELDS = {
    "name_zh": N_("Chinese name"),
    "name_en": N_("English name"),
    "field_zh": N_("Field"),
    "field_en": N_("Field in English"),
    "kind": N_("Kind"),
    "approval_zh": N_("Needed for"),
    "approval_en": N_("Needed for, in English"),
    "item_status": N_("How well the item is founded"),
    "legal_basis": N_("Legal basis"),
    "qualification_zh": N_("Qualification"),
    "qualification_en": N_("Qualification in English"),
    "qualification_status": N_("How well the qualification is founded"),
    "performed_by_zh": N_("Who may do it"),
    "performed_by_en": N_("Who may do it, in English"),
    "performed_by_status": N_("How well this is founded"),
    "working_days": N_("Working days"),
    "working_days_form": N_("Working days for a form"),
    "days_basis": N_("Whose figure it is"),
    "days_note_zh": N_("Note on days"),
    "days_note_en": N_("Note on days in English"),
    "limits": N_("Limits set by documents"),
    "fee_basis_zh": N_("Fee basis"),
    "fee_basis_en": N_("Fee basis in English"),
    "fee_status": N_("How well the fee basis is founded"),
    "fee_standard": N_("Fee standard"),
    "fee_kinds": N_("Kinds of the standard"),
    "starred": N_("Construction item"),
    "active": N_("Active"),
    "ended": N_("How it ended"),
    "successor": N_("Item that takes its place"),
    "withdrawn_reason_zh": N_("Reason"),
    "withdrawn_reason_en": N_("Reason in English"),
    "choice": N_("Demonstration choice"),
    "note_zh": N_("Note"),
    "note_en": N_("Note in English"),
}

DAYS_BASES = {
    "statutory": N_("Statutory"),
    "promised": N_("Promised"),
    "proposal": N_("Our proposal"),
}


def state_word(state: str) -> str:
    return STATES[state][0] if state in STATES else state


def act_word(act: str) -> str:
    return ACTS[act][0] if act in ACTS else act


# Where a word of a search was found, and what each filter of the search is called.
FOUND_WHERE = {
    "code": N_("Number"),
    "name": N_("Name"),
    "field": N_("Field"),
    "approval": N_("Approval served"),
    "document": N_("Document"),
}

FILTERS = {
    "field": N_("Field"),
    "approval": N_("Approval served"),
    "qualification": N_("Qualification"),
    "kind": N_("Kind"),
    "package": N_("Package"),
    "state": N_("List"),
    "days": N_("Working days"),
    "fee": N_("Fee range begins at"),
}
