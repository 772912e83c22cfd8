"""The letters of a case, to print and to file."""

from typing import cast

from litestar import Response, get
from litestar.params import FromPath

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.agencies.queries import agency
from market.settings import Settings
from market.web.letter_facts import CaseFacts
from market.web.letter_paper import letter_pdf, letters
from market.web.render import locale_of
from ratings.ledger.actors import Actor, Role
from ratings.sanctions.matter_queries import matters_of
from ratings.sanctions.objection_queries import contest
from ratings.sanctions.queries import delisting_of, visible_case_file
from ratings.sanctions.rectification_queries import visible_rectification
from ratings.sanctions.repair_queries import repair_of


async def case_facts(who: Actor, identifier: str) -> CaseFacts:
    """What the letters of a case are made of, for officials and the agency itself."""
    case = await visible_case_file(who, identifier)
    filed = (await contest(who, case.id, frozenset())).filed
    rectified = await visible_rectification(who, case.id)
    repair = await repair_of(who, case.id)
    return CaseFacts(
        case,
        await agency(case.uscc),
        await delisting_of(case.id),
        await matters_of(case.id),
        {(one.against, one.instance): one.reason or "" for one in filed},
        tuple(rectified.tries) if rectified else (),
        tuple(repair.references) if repair else (),
    )


async def letters_sent(who: Actor, identifier: str) -> list[str]:
    """The letters of a case so far, as keys of `case_words.LETTERS`."""
    return [one.kind for one in letters(await case_facts(who, identifier))]


@get(
    "/papers/cases/{identifier:str}/{number:int}",
    **allow(Role.AGENCY, Role.SUPERVISOR, Role.CENTRE, Role.AUDITOR),
)
async def case_letter(
    request: Asking, identifier: FromPath[str], number: FromPath[int]
) -> Response[bytes]:
    settings = cast(Settings, request.app.state.settings)
    facts = await case_facts(actor(request), identifier)
    return await letter_pdf(facts, number, locale_of(request), settings)


ROUTES = [case_letter]
