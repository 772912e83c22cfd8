"""What `tests/applications.py` lends is as good as new."""

from pathlib import Path

import msgspec
import pytest

import market.api
from market.accounts.limits import RouteClass
from market.settings import Settings
from tests.applications import application

_ONE = Settings(database_url="one", var_dir=Path("one"), secret_key="of a test")


def test_it_is_the_same_again_and_remembers_nothing() -> None:
    lent = application(_ONE)
    limiter = lent.state.limiter
    new = dict(vars(limiter))
    limiter._blocks[RouteClass.READS, "somebody"] = None
    lent.state.reference = "made by a page"
    memory = lent.hot_reads._memory
    other = msgspec.structs.replace(_ONE, database_url="two", var_dir=Path("two"))
    again = application(other)
    assert again is lent
    assert again.state.settings == other
    assert again.state.limiter is limiter is again.hot_reads._limiter
    assert vars(limiter) == new | {"_limits": limiter._limits, "_blocks": {}}
    assert again.hot_reads._memory is not memory
    # Whatever is added here, `application` has to put back.
    assert set(again.state) == {"settings", "limiter", "provider", "scopes"}


def test_other_settings_and_other_routes_make_another(monkeypatch: pytest.MonkeyPatch) -> None:
    lent = application(_ONE)
    assert application(msgspec.structs.replace(_ONE, rate_limits="reads=1/60")) is not lent
    monkeypatch.setattr(market.api, "ROUTES", market.api.ROUTES[1:])
    assert application(_ONE) is not lent
