"""The policy of the shell screen with all its numbers, and trying others on the last screen."""

from litestar import Response, get

from market.accounts.identity import Asking
from market.accounts.permissions import allow
from market.agencies.queries import agency_names
from market.web import asked
from market.web.forms import Form, refusal
from market.web.render import page
from market.web.screens import CLASSES, OUTCOMES
from ratings.ledger.actors import Role
from ratings.ledger.errors import SteelyardError
from ratings.shells.policy import Policy, load_policy
from ratings.shells.queries import FindingRow, findings, latest_screen
from ratings.shells.scorecard import expit
from ratings.shells.what_if import Moved, Wanted, as_it_is, check_wanted, outcome, rescored

_SHOWN = 200


@get("/console/screening-policy", **allow(Role.CENTRE))
async def screening_policy(request: Asking) -> Response[str]:
    policy = load_policy()
    form = Form({name: asked.word(request, name) for name in request.query_params})
    wanted, error = as_it_is(policy), None
    try:
        wanted = _read(form, policy)
        check_wanted(wanted, policy)
    except SteelyardError as refused:
        wanted, error = as_it_is(policy), refused
    ran = await latest_screen()
    found = await findings(ran.id) if ran else []
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
        screen=ran,
        wanted=wanted,
        tried=wanted != as_it_is(policy),
        moved=moved[:_SHOWN],
        more=len(moved) - len(moved[:_SHOWN]),
        counts=counts,
        outcomes=OUTCOMES,
        classes=CLASSES,
        names=await agency_names(one.uscc for one in moved[:_SHOWN]),
        typed=form.typed,
        **refusal(request, error),
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
