"""The application for a test, without making it anew: that took most of the time of most tests.

Hundreds of routes are registered for one, which is the better part of a second of a processor, and
nearly all tests want the same. What an application is told and what it remembers is put back each
time; routes, middleware and what is derived from them stay.
"""

import functools
from pathlib import Path

import msgspec

from market import api, web
from market.accounts.limits import limits_of
from market.accounts.oidc import Provider
from market.api.hosts import answers_to
from market.api.plain_reads import plain_reads
from market.app import Application, create_app
from market.settings import Settings

_ELSEWHERE = Settings(database_url="postgresql:///of-no-test", var_dir=Path("of-no-test"))


def application(settings: Settings) -> Application:
    """As `create_app` makes it, remembering nothing. It is lent: the next call may lend it again.

    Where no secret is stated it is a new one, which keeps the one that lies in its directory.
    """
    if not settings.secret_key:
        return create_app(settings)
    like = msgspec.structs.replace(
        settings, database_url=_ELSEWHERE.database_url, var_dir=_ELSEWHERE.var_dir
    )
    # A test may add routes of its own.
    routes = (*api.ROUTES, *api.UPLOADS, *web.ROUTES, *web.UPLOADS)
    made, first = _made(like, tuple(map(id, routes)))
    for name in set(made.state) - set(first):
        del made.state[name]
    made.state.update(first)
    made.state.settings = settings
    made.state.provider = Provider(settings) if settings.oidc_issuer else None
    # In place, because the middleware holds it too.
    made.state.limiter.__init__(limits_of(settings.rate_limits))
    made.hot_reads.__init__(
        made.ordinary,
        plain_reads(made),
        made.state.limiter,
        answers_to(settings),
        settings.hot_reads_bytes,
    )
    return made


@functools.lru_cache(maxsize=3)
def _made(settings: Settings, routes: tuple[int, ...]) -> tuple[Application, dict[str, object]]:
    made = create_app(settings)
    return made, made.state.dict()


@functools.cache
def undeployed() -> Application:
    """One with neither database nor directory, for whoever only looks at what its routes say."""
    return create_app(Settings(secret_key="of no installation"))
