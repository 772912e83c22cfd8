"""An outside system at work: nothing but the API, httpx, and the library of Standard Webhooks.

It signs in as an administrator once to make an API key, and does the rest with the key: lists the
packages, subscribes to webhooks, joins a group buy, waits until it is told, follows the change
feed, exports the ledger, and tidies up. docs/integration.md walks through it.
"""

import argparse
import contextlib
import json
import queue
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
from standardwebhooks import Webhook, WebhookVerificationError

SCOPES = [
    "catalogue:read",
    "changes:read",
    "exports:read",
    "purchasing:read",
    "purchasing:write",
    "webhooks:read",
    "webhooks:write",
]
PATIENCE = 30.0  # seconds to wait for what the market does a moment later

Json = dict[str, Any]


class Receiver(ThreadingHTTPServer):
    """Takes webhooks, believes only what is signed, and answers before any work is done."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Delivery)
        self.secret = ""
        self.events: queue.Queue[Json] = queue.Queue()
        self.seen: set[str] = set()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/events"


class _Delivery(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            payload = Webhook(self.server.secret).verify(body, dict(self.headers))
        except WebhookVerificationError:
            self.send_error(401)
            return
        if payload["data"]["id"] not in self.server.seen:  # the same event may come twice
            self.server.seen.add(payload["data"]["id"])
            self.server.events.put(payload)
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing: the program tells what matters itself."""


def every_item(market: httpx.Client, address: str | None) -> Iterator[Json]:
    """All items of a list, page by page: `next` is the address of the following one."""
    while address:
        page = told(market.get(address))
        yield from page["items"]
        address = page["next"]


def told(answer: httpx.Response) -> Any:
    """The answer, or an end with the problem that the market describes (RFC 9457)."""
    if answer.is_error:
        problem = answer.json()
        sys.exit(f"{answer.request.method} {answer.request.url}: {problem['detail']}")
    return answer.json() if answer.content else None


def make_key(origin: str, login: str, password: str) -> str:
    """A person makes the key; programs never need the password again."""
    with httpx.Client(base_url=origin) as person:
        session = told(person.post("/api/v1/sessions", json={"login": login, "password": password}))
        person.headers["Authorization"] = f"Bearer {session['token']}"
        wanted = {"name": "outside_system.py", "scopes": SCOPES, "valid_days": 1}
        key = told(person.post("/api/v1/api-keys", json=wanted))["key"]
        told(person.delete("/api/v1/sessions/current"))
    return str(key)


def join(market: httpx.Client) -> tuple[str, Json]:
    """Take a place in the first group buy that has one; sent twice, as after a lost answer."""
    for group in every_item(market, "/api/v1/group-buys?state=open&limit=20"):
        address = f"/api/v1/group-buys/{group['id']}/participations"
        key = {"Idempotency-Key": str(uuid.uuid4())}
        first = market.post(address, json={"project_name": "对接演示项目"}, headers=key)
        if first.status_code == httpx.codes.CONFLICT:  # full, or we are in it already
            continue
        again = market.post(address, json={"project_name": "对接演示项目"}, headers=key)
        if told(first) != told(again):
            sys.exit("The same request with the same key had two effects.")
        return group["id"], told(first)
    sys.exit("No group buy has a place for us.")


def wait_for(receiver: Receiver, event_type: str, subject: str) -> Json:
    last = time.monotonic() + PATIENCE
    with contextlib.suppress(queue.Empty):
        while True:
            payload = receiver.events.get(timeout=max(last - time.monotonic(), 0))
            if (payload["type"], payload["data"]["subject"]) == (event_type, subject):
                return payload["data"]
    sys.exit("The webhook did not come.")


def follow(market: httpx.Client, address: str, wanted: str) -> tuple[Json, str]:
    """Read the change feed until an event has come; also where to go on some other day."""
    last = time.monotonic() + PATIENCE
    while time.monotonic() < last:
        page = told(market.get(address))
        for event in page["items"]:
            if event["id"] == wanted:
                return event, page["next"]
        address = page["next"]
        if not page["more"]:
            time.sleep(0.2)
    sys.exit("The change feed did not have it.")


def main() -> None:
    parser = argparse.ArgumentParser(description="An outside system at work.")
    parser.add_argument("--market", required=True, help="such as http://127.0.0.1:8000")
    parser.add_argument("--login", required=True)
    parser.add_argument("--password", required=True)
    asked = parser.parse_args()

    key = make_key(asked.market, asked.login, asked.password)
    headers = {"Authorization": f"Bearer {key}"}
    with Receiver() as receiver, httpx.Client(base_url=asked.market, headers=headers) as market:
        packages = list(every_item(market, "/api/v1/packages?limit=2"))
        print(f"packages: {', '.join(one['code'] for one in packages)}")

        here = told(market.get("/api/v1/changes?after=now&type=group_buy.*"))["next"]
        wanted = {
            "url": receiver.url,
            "events": ["group_buy.*"],
            "description": "outside_system.py",
        }
        hook = told(market.post("/api/v1/webhooks", json=wanted))
        receiver.secret = hook["secret"]
        told(market.post(f"/api/v1/webhooks/{hook['webhook']}/test"))
        wait_for(receiver, "webhook.test", hook["webhook"])
        print("webhook: subscribed, and a test has arrived with a good signature")

        group, joined = join(market)
        print(f"group buy: joined {group} as number {joined['participants']}")
        pushed = wait_for(receiver, "group_buy.joined", group)
        print(f"webhook: told of {pushed['type']} as {pushed['id']}")
        pulled, onward = follow(market, here, pushed["id"])
        print(f"change feed: the same event at {pulled['seq']}; to go on: {onward}")
        if pulled != pushed:
            sys.exit("The feed and the webhook say different things.")

        rows = told(market.get("/api/v1/exports/ledger.json"))
        print(f"export: {len(rows)} acts, the last of them {json.dumps(rows[-1]['act'])}")
        told(market.delete(f"/api/v1/webhooks/{hook['webhook']}"))
        receiver.shutdown()


if __name__ == "__main__":
    main()
