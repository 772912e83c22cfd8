"""The policies of the shell screen: those known, the numbers of the last one, and trying others."""

from litestar import Response, get

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.agencies.queries import agency_names
from market.web import asked
from market.web.forms import Form, refusal
from market.web.render import locale_of, page
from market.web.screening_form import names_of
from market.web.screens import CLASSES, OUTCOMES
from ratings.ledger.actors import Role
from ratings.ledger.clock import local_date
from ratings.ledger.errors import SteelyardError
from ratings.shells.policy import Policy
from ratings.shells.policy_queries import (
    known_screen_policies,
    screen_policy_drafts,
    screen_policy_in_force,
    screen_policy_of,
)
from ratings.shells.prevalence import beginning, weights_here
from ratings.shells.queries import FindingRow, findings, latest_screen, screens, shown_in
from ratings.shells.scorecard import expit
from ratings.shells.what_if import Moved, Wanted, as_it_is, check_wanted, outcome, rescored

_SHOWN = 200
_SCREENS = 12


async def overview(
    request: Asking, form: Form, error: SteelyardError | None = None
) -> Response[str]:
    """The whole page; `form` holds the numbers that are tried on the last screen."""
    today = local_date(actor(request).at)
    ran = await latest_screen()
    policy = await (screen_policy_of(ran.policy_digest) if ran else screen_policy_in_force(today))
    known = await known_screen_policies(today)
    wanted = as_it_is(policy)
    try:
        wanted = _read(form, policy)
        check_wanted(wanted, policy)
    except SteelyardError as refused:
        wanted, error = as_it_is(policy), refused

    found = await findings(ran.id) if ran else []
    shown = await shown_in(ran.id) if ran else {}
    moved = _moved(policy, wanted, found)
    counts = {code: sum(one.outcome == code for one in found) for code in OUTCOMES}
    for one in moved:
        counts[one.before] -= 1
        counts[one.after] += 1
    return page(
        request,
        "centre/screening_policy.html",
        status=error.status if error else 200,
        policy=policy,
        counted=bool(shown),
        beginning=beginning(policy, shown),
        bins={one.feature: one.bins for one in weights_here(policy, shown)},
        screen=ran,
        known=known,
        shipped=not any(one.valid_from and one.digest == policy.digest for one in known),
        drafts=await screen_policy_drafts(),
        today=today,
        past=await screens(_SCREENS),
        wanted=wanted,
        tried=wanted != as_it_is(policy),
        moved=moved[:_SHOWN],
        more=len(moved) - len(moved[:_SHOWN]),
        counts=counts,
        outcomes=OUTCOMES,
        classes=CLASSES,
        called=names_of(locale_of(request), policy),
        names=await agency_names(one.uscc for one in moved[:_SHOWN]),
        typed=form.typed,
        **refusal(request, error),
    )


@get("/console/screening-policy", **allow(Role.CENTRE))
async def screening_policy(request: Asking) -> Response[str]:
    return await overview(
        request, Form({name: asked.word(request, name) for name in request.query_params})
    )


def _read(form: Form, policy: Policy) -> Wanted:
    """What was typed; an empty field is as it is."""

    def number(name: str, usual: float) -> float:
        typed = form.decimal(name)
        return usual if typed is None else float(typed)

    factors = {one.name: number(f"x-{one.name}", 1.0) for one in policy.features}
    wanted = Wanted(
        case_probability=number("case", policy.case_probability * 100) / 100,
        watch_probability=number("watch", policy.watch_probability * 100) / 100,
        class_cap=number("cap", policy.class_cap),
        factors={name: factor for name, factor in factors.items() if factor != 1.0},
    )
    form.check()
    return wanted


def _moved(policy: Policy, wanted: Wanted, found: list[FindingRow]) -> list[Moved]:
    """Whose outcome would change; the highest probability first."""
    moved = []
    for one in found:
        log_odds, independent = rescored(policy, one.reasons, wanted)
        after = outcome(policy, wanted, log_odds, independent, before=one.outcome)
        if after != one.outcome:
            moved.append(Moved(one.uscc, one.outcome, after, one.probability, expit(log_odds)))
    return sorted(moved, key=lambda one: -one.probability_after)


ROUTES = [screening_policy]
