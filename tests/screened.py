"""A county whose feeds have been screened: two shells, a struggling agency, honest ones."""

from pathlib import Path

import msgspec
from obstore.store import LocalStore

from market.agencies.queries import admitted
from ratings.ledger.clock import add_months, local_date, now
from ratings.shells.actions import take_in_and_screen
from ratings.shells.case_queries import shell_cases
from ratings.shells.demonstration_feeds import AgencyFacts, write_feeds
from ratings.shells.demonstration_lives import Profile
from tests.conftest import Account
from tests.county import County


class Ring(msgspec.Struct, frozen=True):
    """`case` is about `shell`; `other` shares its address, telephone and representative. No case is
    about `struggling`, whose staff has fallen in a year."""

    shell: Account
    other: Account
    struggling: Account
    honest: tuple[Account, ...]
    case: str
    month: str


async def screened_ring(county: County, folder: Path, honest: int = 1) -> Ring:
    shells = [await county.agency() for _ in range(2)]
    struggling = await county.agency()
    others = [await county.agency() for _ in range(honest)]
    month = add_months(local_date(now()).replace(day=1), -1).strftime("%Y-%m")
    facts = [AgencyFacts(one.uscc or "", Profile.SHELL) for one in shells]
    facts.append(AgencyFacts(struggling.uscc or "", Profile.STRUGGLING))
    facts += [AgencyFacts(one.uscc or "") for one in others]
    write_feeds(folder, facts, month)
    store = LocalStore(county.app.state.settings.files, mkdir=True)
    await take_in_and_screen(county.centre.actor(), folder, month, await admitted(), store)
    cases = {one.uscc: one.id for one in await shell_cases(now())}
    return Ring(shells[0], shells[1], struggling, tuple(others), cases[shells[0].uscc or ""], month)
