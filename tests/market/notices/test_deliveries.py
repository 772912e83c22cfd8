"""From an act to the receiver: who is told what, how it is signed, and what failure leads to."""

import json
from datetime import timedelta

import pytest
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from market.notices.actions import (
    change,
    pause,
    redeliver,
    resume,
    rotate_secret,
    send_test,
)
from market.notices.deliveries import attempt, claim, follow, forget_old_deliveries, settle
from market.notices.queries import deliveries, delivery, webhook
from market.notices.rules import (
    AT_ONCE,
    LOG_KEPT,
    RETRIED_FOR,
    NewWebhook,
)
from market.purchasing.actions import join_group_buy, offer_to_serve, open_group_buy
from ratings.ledger.actors import Role
from ratings.ledger.clock import now
from ratings.ledger.database import execute, fetchval
from ratings.ledger.errors import Bilingual, Conflict
from ratings.ledger.outgoing import Answer
from ratings.ledger.queries import history
from ratings.sanctions.actions import open_case
from ratings.sanctions.rules import Kind
from tests.county import County, at, refused
from tests.market.notices.listening import (
    BAD,
    GOOD,
    HERE,
    KEY,
    deliver_due,
    listening,
    told,
    verified,
)
from tests.receiving import answering, receiving


async def test_everybody_is_told_what_is_theirs(county: County) -> None:
    stranger = await county.account(Role.ENTERPRISE)
    agency, rival = await county.agency(), await county.agency()
    listing = await county.listing(agency)
    heard = {
        name: (account, await listening(account))
        for name, account in {
            "owner": county.enterprise,
            "stranger": stranger,
            "agency": agency,
            "rival": rival,
            "centre": county.centre,
            "supervisor": county.supervisor,
        }.items()
    }
    await county.settled(agency, listing)
    group = await open_group_buy(county.enterprise.actor(), county.group_buy())
    await offer_to_serve(agency.actor(), group)
    reasons = [Bilingual(zh="测试", en="test")]
    await open_case(county.centre.actor(), agency.uscc or "", Kind.ONE_STAR, reasons)
    work = [
        "engagement.started",
        *["engagement.milestone_reported"] * 5,
        "engagement.deliverable_added",
        "engagement.accepted",
        "docket.opened",
        "engagement.settled",
    ]
    everything = [*work, "group_buy.opened", "group_buy.offered", "case.opened"]
    assert {name: await told(*who) for name, who in heard.items()} == {
        "owner": [*work, "group_buy.opened", "group_buy.offered"],
        "stranger": ["group_buy.opened"],
        "agency": everything,
        "rival": ["group_buy.opened"],
        "centre": everything,
        "supervisor": everything,
    }
    assert await follow(now()) == 0, "each entry is turned once"


async def test_only_what_was_subscribed_to_and_only_from_then_on(county: County) -> None:
    await open_group_buy(county.enterprise.actor(), county.group_buy())
    made = await listening(county.enterprise, "group_buy.joined", "agency.*")
    opened = await open_group_buy(county.enterprise.actor(), county.group_buy())
    await county.agency()
    other = await county.account(Role.ENTERPRISE)
    await join_group_buy(other.actor(), opened, "乙")
    assert (
        await told(county.enterprise, made)
        == [
            "agency.applied",
            "agency.admitted",
            "group_buy.joined",
        ][1:]
    )
    wanted = NewWebhook("https://new.example/hook", ("group_buy.opened",), "改")
    await change(county.enterprise.actor(), made.webhook, wanted, networks=())
    await open_group_buy(county.enterprise.actor(), county.group_buy())
    assert (await told(county.enterprise, made))[-1] == "group_buy.opened"
    row = await webhook(county.enterprise.actor(), made.webhook)
    assert (row.url, row.events, row.description) == (wanted.url, ["group_buy.opened"], "改")


async def test_what_arrives_is_signed_and_says_what_the_feed_says(county: County) -> None:
    async with receiving() as receiver:
        made = await listening(county.enterprise, "group_buy.*", url=receiver.url)
        await open_group_buy(county.enterprise.actor(), county.group_buy())
        await follow(now())
        assert await deliver_due() == 1
        assert await deliver_due() == 0
    (received,) = receiver.received
    body = verified(received, made.secret)
    page = (await county.enterprise.client.get("/api/v1/changes?type=group_buy.*")).json()
    (event,) = page["items"]
    assert body == {"type": "group_buy.opened", "timestamp": event["at"], "data": event}
    assert received.headers["webhook-id"] == event["id"]
    assert received.headers["content-type"] == "application/json"
    with pytest.raises(WebhookVerificationError):
        Verifier(made.secret).verify(received.body + b" ", received.headers)
    (row,) = await deliveries(county.enterprise.actor(), made.webhook)
    file = await delivery(county.enterprise.actor(), row.id)
    assert (row.state, row.status, row.attempts) == ("delivered", 204, 1)
    assert file.payload.encode() == received.body


async def test_for_a_day_after_a_rotation_both_secrets_sign(county: County) -> None:
    enterprise = county.enterprise
    async with receiving() as receiver:
        made = await listening(enterprise, url=receiver.url)
        new = await rotate_secret(enterprise.actor(), made.webhook, key=KEY)
        await send_test(enterprise.actor(), made.webhook)
        await deliver_due()
        assert verified(receiver.received[0], made.secret)["type"] == "webhook.test"
        assert verified(receiver.received[0], new.secret)["type"] == "webhook.test"
        assert (await webhook(enterprise.actor(), made.webhook)).old_secret_until is not None
        tomorrow = timedelta(hours=25)
        await send_test(at(enterprise.actor(), now() + tomorrow), made.webhook)
        (due,) = await claim(now() + tomorrow, 10)
        await attempt(due, now(), key=KEY, networks=HERE)
        assert verified(receiver.received[1], new.secret)["type"] == "webhook.test"
        with pytest.raises(WebhookVerificationError):
            verified(receiver.received[1], made.secret)
    later = at(enterprise.actor(), now() + tomorrow)
    assert (await webhook(later, made.webhook)).old_secret_until is None


async def test_a_failed_delivery_is_tried_again_with_the_same_id(county: County) -> None:
    answers = [answering(503, b"<b>busy</b>"), answering(302), answering(200)]
    async with receiving() as receiver:
        receiver.answer = lambda _: answers.pop(0)
        made = await listening(county.enterprise, url=receiver.url)
        identifier = await send_test(county.enterprise.actor(), made.webhook)
        assert await deliver_due() == 1
        assert await deliver_due() == 0, "not before its time"
        assert await deliver_due(timedelta(seconds=7)) == 1
        assert await deliver_due(timedelta(seconds=20)) == 0, "the wait has grown"
        # The worker that comes next finds it: what waits is a row, not a memory.
        assert await deliver_due(timedelta(minutes=1)) == 1
        assert await deliver_due(timedelta(days=1)) == 0
    assert len({one.headers["webhook-id"] for one in receiver.received}) == 1
    assert len({one.body for one in receiver.received}) == 1
    file = await delivery(county.enterprise.actor(), identifier)
    assert [one.status for one in file.attempts] == [200, 302, 503]
    assert file.attempts[2].answer == "<b>busy</b>"
    assert file.delivery.state == "delivered"
    assert (await webhook(county.enterprise.actor(), made.webhook)).failing_since is None


async def test_after_a_day_a_delivery_has_failed_and_can_be_sent_again(county: County) -> None:
    enterprise = county.enterprise
    made = await listening(enterprise)
    identifier = await send_test(enterprise.actor(), made.webhook)
    tries = [await fetchval("SELECT next_attempt_at FROM webhook_delivery")]
    while tries[-1] is not None:
        (due,) = await claim(tries[-1], 10)
        await settle(due.id, BAD, tries[-1])
        tries.append(await fetchval("SELECT next_attempt_at FROM webhook_delivery"))
    tries.pop()
    assert tries[-1] - tries[0] == RETRIED_FOR
    row = (await delivery(enterprise.actor(), identifier)).delivery
    assert (row.state, row.next_attempt_at, row.attempts) == ("failed", None, len(tries))
    assert (await webhook(enterprise.actor(), made.webhook)).state == "active"
    await redeliver(enterprise.actor(), identifier)
    (due,) = await claim(now(), 10)
    await settle(due.id, GOOD, now())
    again = (await delivery(enterprise.actor(), identifier)).delivery
    assert (again.state, again.attempts, again.event_id) == (
        "delivered",
        len(tries) + 1,
        row.event_id,
    )


async def test_five_days_of_failures_disable_it_and_resuming_begins_anew(county: County) -> None:
    enterprise = county.enterprise
    made = await listening(enterprise, "group_buy.*")
    start = now()
    for day in (0, 2, 5):
        moment = start + timedelta(days=day)
        await send_test(at(enterprise.actor(), moment), made.webhook)
        (due,) = await claim(moment, 10)
        await settle(due.id, BAD, moment)
        assert (await webhook(enterprise.actor(), made.webhook)).state == "active"
        (due,) = await claim(moment + RETRIED_FOR, 10)
        await settle(due.id, BAD, moment + RETRIED_FOR)
    row = await webhook(enterprise.actor(), made.webhook)
    assert (row.state, row.failing_since) == ("disabled", start)
    last = (await history("webhook", made.webhook))[-1]
    assert (last.act, last.role) == ("webhook.disabled", "system")
    await open_group_buy(enterprise.actor(), county.group_buy())
    await refused(send_test(enterprise.actor(), made.webhook), Conflict, "webhook-not-active")
    await resume(enterprise.actor(), made.webhook)
    assert "group_buy.opened" not in await told(enterprise, made)
    await open_group_buy(enterprise.actor(), county.group_buy())
    assert (await told(enterprise, made)).count("group_buy.opened") == 1
    row = await webhook(enterprise.actor(), made.webhook)
    assert (row.state, row.failing_since) == ("active", None)


async def test_a_receiver_that_is_gone_says_so_once(county: County) -> None:
    made = await listening(county.enterprise)
    await send_test(county.enterprise.actor(), made.webhook)
    await send_test(county.enterprise.actor(), made.webhook)
    due = await claim(now(), 10)
    await settle(due[0].id, Answer(410, "", "", 1), now())
    assert (await webhook(county.enterprise.actor(), made.webhook)).state == "disabled"
    states = [one.state for one in await deliveries(county.enterprise.actor(), made.webhook)]
    assert states == ["failed", "failed"]
    await settle(due[1].id, BAD, now())  # what was under way comes back later
    assert await claim(now() + timedelta(hours=1), 10) == []


async def test_a_pause_leaves_out_what_happens_meanwhile_and_nothing_else(county: County) -> None:
    enterprise = county.enterprise
    made = await listening(enterprise, "group_buy.opened")
    before = await open_group_buy(enterprise.actor(), county.group_buy())
    await pause(enterprise.actor(), made.webhook)  # before the courier has come by
    await open_group_buy(enterprise.actor(), county.group_buy())
    assert await told(enterprise, made) == ["group_buy.opened"]
    assert await claim(now(), 10) == []
    await refused(pause(enterprise.actor(), made.webhook), Conflict, "webhook-not-active")
    await resume(enterprise.actor(), made.webhook)
    await refused(resume(enterprise.actor(), made.webhook), Conflict, "webhook-active")
    after = await open_group_buy(enterprise.actor(), county.group_buy())
    await follow(now())
    due = await claim(now(), 10)
    assert {json.loads(one.payload)["data"]["subject"] for one in due} == {before, after}


async def test_a_slow_or_dead_receiver_does_not_hold_up_the_others(county: County) -> None:
    dead, slow = await listening(county.centre), await listening(county.supervisor)
    quick = await listening(county.enterprise)
    for _ in range(30):
        await send_test(county.centre.actor(), dead.webhook)
        await send_test(county.supervisor.actor(), slow.webhook)
    (first,) = await claim(now(), 1)
    assert first.webhook in (dead.webhook, slow.webhook)
    await execute("UPDATE webhook SET failing_since = now() WHERE id = $1", dead.webhook)
    await send_test(county.enterprise.actor(), quick.webhook)
    due = await claim(now(), 100)
    under_way = [first.webhook, *(one.webhook for one in due)]
    assert under_way.count(slow.webhook) == AT_ONCE
    assert under_way.count(dead.webhook) == 1
    assert under_way.count(quick.webhook) == 1
    assert await claim(now(), 100) == [], "no more than that at once"
    settled = next(one for one in due if one.webhook == slow.webhook)
    await settle(settled.id, GOOD, now())
    assert [one.webhook for one in await claim(now(), 100)] == [slow.webhook]
    # A worker that was killed with attempts under way: they come back.
    assert len(await claim(now() + timedelta(minutes=2), 100)) == AT_ONCE + 2


async def test_when_a_receiver_answers_again_what_waits_goes_at_once(county: County) -> None:
    made = await listening(county.enterprise)
    for _ in range(3):
        await send_test(county.enterprise.actor(), made.webhook)
    for one in await claim(now(), 10):
        await settle(one.id, BAD, now())
    assert await claim(now(), 10) == []
    soon = now() + timedelta(seconds=10)
    (due,) = await claim(soon, 10)
    await settle(due.id, GOOD, soon)
    assert len(await claim(soon, 10)) == 2


async def test_the_log_is_forgotten_after_a_month(county: County) -> None:
    made = await listening(county.enterprise)
    long_ago = at(county.enterprise.actor(), now() - LOG_KEPT - timedelta(days=1))
    await send_test(long_ago, made.webhook)
    (due,) = await claim(now(), 10)
    await settle(due.id, GOOD, now())
    await send_test(long_ago, made.webhook)  # still to be delivered
    await send_test(county.enterprise.actor(), made.webhook)
    await forget_old_deliveries(now())
    assert await fetchval("SELECT count(*) FROM webhook_delivery") == 2
    assert await fetchval("SELECT count(*) FROM webhook_attempt") == 0


async def test_an_organisation_that_nobody_is_left_of_is_told_nothing(county: County) -> None:
    owner = county.enterprise
    made = await listening(owner)
    await send_test(owner.actor(), made.webhook)
    for gone in (
        "UPDATE membership SET deactivated_at = $2 WHERE person = $1",
        "UPDATE person SET deactivated_at = $2 WHERE id = $1",
    ):
        await execute(gone, owner.person, now())
        before = len(await told(owner, made))
        await open_group_buy(county.enterprise.actor(), county.group_buy())
        assert len(await told(owner, made)) == before
        assert await claim(now(), 100) == [], "nor what was on its way"
        await execute(gone, owner.person, None)
    await open_group_buy(county.enterprise.actor(), county.group_buy())
    assert len(await told(owner, made)) == before + 1
    assert len(await claim(now(), 100)) > 0
