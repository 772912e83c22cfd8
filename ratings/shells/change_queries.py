"""What would change the flag of an agency, by the policy that its screen went by."""

from ratings.ledger.errors import NotFound
from ratings.shells.change import Change, what_would_change
from ratings.shells.policy import Policy
from ratings.shells.policy_queries import screen_policy_of
from ratings.shells.queries import FindingRow, screen_that_saw


async def change_of_finding(found: FindingRow) -> tuple[Change, Policy] | None:
    """None where nothing is flagged, or where the text of the policy is not kept."""
    ran = await screen_that_saw(found.uscc)
    if ran is None:
        return None
    try:
        policy = await screen_policy_of(ran.policy_digest)
    except NotFound:
        return None
    change = what_would_change(policy, found.reasons, found.log_odds, found.outcome)
    return None if change is None else (change, policy)
