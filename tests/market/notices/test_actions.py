"""What an administrator may do to a webhook, and what is kept of it."""

import pytest

from market.notices.actions import (
    change,
    delete,
    pause,
    redeliver,
    resume,
    rotate_secret,
    send_test,
    subscribe,
)
from market.notices.deliveries import attempt, claim
from market.notices.queries import deliveries, delivery, webhook, webhooks
from market.notices.rules import (
    MOST_WEBHOOKS,
    NewWebhook,
)
from ratings.ledger.actors import Role
from ratings.ledger.clock import now
from ratings.ledger.database import execute, fetchval
from ratings.ledger.errors import Conflict, Forbidden, NotFound, Refused
from ratings.ledger.queries import history
from tests.county import County, refused
from tests.market.notices.listening import HERE, KEY, listening


async def test_the_secret_lies_sealed_and_only_this_installation_opens_it(county: County) -> None:
    made = await listening(county.enterprise)
    assert made.secret.startswith("whsec_")
    stored = await fetchval("SELECT string_agg(w::text, '') FROM webhook w")
    ledger = await fetchval("SELECT string_agg(e::text, '') FROM ledger_entry e")
    assert made.secret.removeprefix("whsec_") not in stored + ledger
    await send_test(county.enterprise.actor(), made.webhook)
    (due,) = await claim(now(), 10)
    with pytest.raises(RuntimeError, match="STEELYARD_SECRET_KEY"):
        await attempt(due, now(), key=b"of another", networks=HERE)


async def test_only_an_administrator_and_only_of_the_own_organisation(county: County) -> None:
    made = await listening(county.enterprise)
    identifier = await send_test(county.enterprise.actor(), made.webhook)
    other = (await county.account(Role.ENTERPRISE)).actor()
    for act in (
        pause(other, made.webhook),
        resume(other, made.webhook),
        delete(other, made.webhook),
        send_test(other, made.webhook),
        rotate_secret(other, made.webhook, key=KEY),
        redeliver(other, identifier),
        change(other, made.webhook, NewWebhook("https://a.example/", ("*",)), networks=()),
        webhook(other, made.webhook),
        deliveries(other, made.webhook),
        delivery(other, identifier),
        webhook(other, "no id"),
    ):
        with pytest.raises(NotFound):
            await act
    assert await webhooks(other) == []
    await execute("UPDATE membership SET administrator = false")
    who = county.enterprise.actor()
    wanted = NewWebhook("https://a.example/", ("*",))
    await refused(subscribe(who, wanted, key=KEY, networks=()), Forbidden, "not-administrator")
    with pytest.raises(Forbidden):
        await webhooks(who)


async def test_what_is_refused_leaves_nothing(county: County) -> None:
    who = county.enterprise.actor()
    for url, code in (
        ("https://127.0.0.1/", "address-private"),
        ("http://a.example/", "address-not-https"),
    ):
        wanted = NewWebhook(url, ("*",))
        await refused(subscribe(who, wanted, key=KEY, networks=()), Refused, code)
    for _ in range(MOST_WEBHOOKS):
        await listening(county.enterprise)
    wanted = NewWebhook("https://a.example/", ("*",))
    await refused(subscribe(who, wanted, key=KEY, networks=()), Conflict, "webhooks-many")


async def test_the_ledger_keeps_what_was_done_without_the_address(county: County) -> None:
    enterprise = county.enterprise
    made = await listening(enterprise, url="http://127.0.0.1:9000/hook?token=geheim")
    await rotate_secret(enterprise.actor(), made.webhook, key=KEY)
    await pause(enterprise.actor(), made.webhook)
    await resume(enterprise.actor(), made.webhook)
    await delete(enterprise.actor(), made.webhook)
    entries = await history("webhook", made.webhook)
    assert [entry.act.partition(".")[2] for entry in entries] == [
        "subscribed",
        "secret_rotated",
        "paused",
        "resumed",
        "deleted",
    ]
    assert entries[0].fact() == {"host": "127.0.0.1", "events": ["*"]}
    assert not any("geheim" in entry.facts for entry in entries)
    assert await webhooks(enterprise.actor()) == []
