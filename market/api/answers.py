"""What comes back when an operation has succeeded, in words.

The framework only knows the status. An answer that its route describes itself, such as a file, is
not named here.
"""

from collections.abc import Mapping

NOTHING = "Done. Nothing comes back."

ANSWERS: Mapping[str, str] = {
    "health_live": "The process answers.",
    "health_ready": "Requests can be served.",
    # Accounts
    "session_list": "A page of your sessions, with where and when each was last used.",
    "session_open": "Who has signed in, and the token of the new session.",
    "session_show": "The person, the organisation and the role that the token stands for.",
    "password_change": "The new token of this session; the one before has ended.",
    "enterprise_register": "The ids of the new person and the new organisation.",
    "second_factor_show": "Whether there is one, and how many recovery codes are left.",
    "second_factor_enrol": "The new token of this session, and ten recovery codes, shown once.",
    "second_factor_offer": "The secret for the authenticator, and the ticket that goes with it.",
    "recovery_codes_renew": "Ten new recovery codes, shown once.",
    "second_factor_remove": "The new token of this session; the one before has ended.",
    "membership_list": "A page of the organisations that you belong to.",
    "membership_join": "The organisation that you now belong to.",
    "hat_change": "The new token of this session; the one before has ended.",
    "membership_leave": "The new token of this session if you acted for the organisation that you"
    " have left, or null.",
    "invitation_offer": "The organisation that invites, what it offers and until when.",
    "member_register": "The ids of the new person and of the organisation.",
    "organisation_show": "Names, code and role of your organisation.",
    "organisation_change": "The organisation as it now is.",
    "agency_details_show": "What the agency says of itself, and its contact.",
    "agency_details_change": "The details as they now are.",
    "member_list": "A page of the members of your organisation.",
    "invitation_list": "A page of the invitations that still hold.",
    "invitation_make": "The secret of the link, shown this once, and until when it holds.",
    "office_invite": "The secret of the link, shown this once, and until when it holds.",
    "person_find": "A page of the accounts that match.",
    "personal_data_show": "Every entry about you, by what it is kept for.",
    # Catalogue
    "item_list": "A page of the service items.",
    "item_show": "The item.",
    "package_list": "A page of the packages.",
    "package_show": "The package, its items and the figures that its fee depends on.",
    "package_fee_range": "The lowest and the highest fee, and each line of the workings.",
    "package_listings": "A page of the live listings of the package.",
    "supervisor_list": "A page of the departments.",
    "fee_standard_list": "A page of the standards.",
    "fee_standard_estimate": "The fee by the standard, and each step of the workings.",
    "county_range_list": "A page of the ranges in force on the day.",
    "county_range_proposal_list": "A page of the proposals, decided and undecided.",
    "county_range_propose": "The id of the proposal, which waits for a second person.",
    "market_fees_show": "Quoted and settled prices of the year by package and by fee, each beside"
    " the standard range, and every year against the one before.",
    # Agencies and their listings
    "agency_list": "A page of the agencies that match.",
    "agency_apply": "The code under which the application waits.",
    "agency_show": "The agency, its qualifications and its standing.",
    "agency_standing": "Score, stars and every part that they are made of.",
    "agency_history": "A page of the entries about the agency.",
    "admission_list": "A page of the applications.",
    "agency_name_check": "What is remarkable about the name, and the agencies that look the same.",
    "listing_put_up": "The id of the new listing.",
    "listing_show": "The listing and the agency that offers it.",
    # Purchases and engagements
    "group_buy_list": "A page of the group buys.",
    "group_buy_open": "The id of the new group buy.",
    "group_buy_show": "The group buy, its tiers and how many have joined.",
    "group_buy_participations": "A page of those who have joined.",
    "group_buy_join": "How many have now joined, and the price of the tier that this reaches.",
    "group_buy_offers": "A page of the offers.",
    "group_buy_offer": "The group buy and the agency whose offer now stands.",
    "group_buy_choose": "The ids of the engagements, one for each participant.",
    "purchase_make": "The id of the new engagement.",
    "engagement_list": "A page of the engagements.",
    "engagement_show": "The engagement, its milestones and its deliverables.",
    "engagement_deliverable_add": "The id of the deliverable; size and hash of the stored file.",
    "engagement_settle": "The id of the docket in which the three evaluations are given.",
    # Evaluations and sanctions
    "docket_list": "A page of the dockets that wait for you.",
    "docket_show": "The docket; its answers stand in it once they are unsealed.",
    "docket_answer": "As which party you have answered.",
    "case_list": "A page of the cases.",
    "case_show": "The case, its reasons and what has been said and decided.",
    "case_delist": "The id of the delisting.",
    "delisting_list": "A page of the delistings in force.",
    "outside_event_report": "The event as it was taken in.",
    "screen_latest": "The screen, the policy it followed and its counts.",
    "finding_show": "The finding with every reason for it.",
    "feed_delivery_take_in": "What was read, what the screen found and which cases it opened.",
    # For programs
    "ledger_list": "A page of the entries.",
    "change_list": "The next facts, and the address at which to go on.",
    "webhook_list": "A page of the webhooks.",
    "webhook_subscribe": "The id of the webhook and its secret, shown this once.",
    "webhook_show": "The webhook and how it fares.",
    "webhook_change": "The webhook as it now is.",
    "webhook_rotate_secret": "The new secret, shown this once.",
    "webhook_test": "The id of the delivery that was queued.",
    "webhook_deliveries": "A page of the deliveries.",
    "webhook_delivery": "The text that was signed, and every attempt with its outcome.",
    "api_key_list": "A page of the keys.",
    "api_key_make": "The key, shown this once, its id and until when it holds.",
}
"""operation_id → what its answer holds."""
