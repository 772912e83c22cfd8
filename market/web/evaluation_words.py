"""The words for the acts of the ledger about evaluations."""

from ratings.ledger.text import N_

EVALUATION_ACTS = {
    "docket.opened": (N_("Evaluations opened"), ""),
    "docket.answered": (N_("One party has evaluated"), ""),
    "docket.comment_hidden": (N_("The words of an evaluation are hidden"), "warn"),
    "docket.comment_shown": (N_("The words of an evaluation are shown again"), ""),
    "docket.answer_left_out": (N_("An evaluation is left out of the score"), "warn"),
    "docket.answer_taken_in": (N_("An evaluation counts again"), ""),
    "docket.answer_weight_lowered": (N_("An evaluation weighs less in the score"), "warn"),
    "docket.rerated": (N_("The centre has rated again"), "warn"),
    "docket.rerating_annulled": (N_("Re-rating annulled upon an objection"), "ok"),
    "docket.rerating_lifted": (N_("Re-rating taken back by the centre"), ""),
    "docket.rerating_objected": (N_("Objection to a re-rating"), "warn"),
    "docket.rerating_opened": (N_("Re-rating by the centre opened"), "warn"),
    "docket.rerating_upheld": (N_("Re-rating upheld upon an objection"), ""),
    "docket.answer_weight_restored": (N_("An evaluation weighs its whole share again"), ""),
    "docket.attached": (N_("One party has put a file beside its evaluation"), ""),
    "docket.attachment_withdrawn": (N_("One party has taken a file back"), ""),
    "docket.rater_stepped_back": (N_("A rater steps back, another person is asked"), ""),
    "docket.reminded": (N_("Reminder: an evaluation is still due"), "warn"),
    "docket.revised": (N_("One party has changed its evaluation"), ""),
    "docket.unsealed": (N_("Evaluations unsealed"), "ok"),
}
