"""A rater who is related to the agency steps back, and the party lets another person answer."""

from ratings.evaluations.queries import asked_party, docket_for_update
from ratings.evaluations.relation_queries import has_stepped_back
from ratings.evaluations.rules import parties_asked
from ratings.evaluations.switch_queries import has_answered
from ratings.evaluations.tables import RaterRelation
from ratings.ledger.actions import record
from ratings.ledger.actors import Actor
from ratings.ledger.database import tx
from ratings.ledger.errors import Conflict, Forbidden, NotFound, Refused

_LONGEST_REASON = 1000


async def step_back(actor: Actor, docket: str, reason: str) -> None:
    """Say that one is related to the agency: one cannot answer here any more, a colleague can.

    The party keeps its time. The ledger says that somebody stepped back, not who is related how.
    """
    if actor.person is None:
        raise Forbidden("person-needed", "Only a person can step back.")
    if not reason.strip():
        raise Refused("relation-missing", "Please say how you are related to the agency.")
    if len(reason) > _LONGEST_REASON:
        raise Refused("relation-long", "A reason has at most 1,000 characters.")
    async with tx():
        row = await docket_for_update(docket)
        party = asked_party(actor, row)
        if party is None or party not in parties_asked(row.owner, row.supervisor):
            raise NotFound("not-found", "There is nothing with the id {id}.", id=row.id)
        if await has_answered(row.id, actor.person):
            raise Conflict(
                "rater-has-answered",
                "You have answered already. Tell the centre: it can leave the answer out of the"
                " score.",
            )
        if row.unsealed_at is not None or actor.at >= row.due[party]:
            raise Conflict("evaluation-closed", "The time to answer has passed.")
        if await has_stepped_back(row.id, actor.person):
            raise Conflict("stepped-back", "You have stepped back from this evaluation already.")
        await RaterRelation.insert(
            RaterRelation(
                docket=row.id,
                party=party.value,
                person=actor.person,
                reason=reason.strip(),
                declared_at=actor.at,
            )
        )
        await record(actor, "docket.rater_stepped_back", "docket", row.id, {"party": party.value})
