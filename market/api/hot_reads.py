"""The public reads that most ask for, answered from memory and never out of date.

It stands in front of the whole application, the hooks that add headers too. Before it answers from
memory it asks the ledger what has happened since it last asked; every act that shows in such a read
appends there in its own transaction, so what has been acknowledged anywhere is known here, with any
number of processes. Requests that arrive together share the question. What is not in memory is
answered by the application, and kept from then on; so both ways give the same bytes under the same
headers.

Only what is the same for everybody is kept: a request that signs in, or wants anything out of the
ordinary, goes the ordinary way.
"""

import asyncio
import re
from collections.abc import Callable
from typing import cast

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from market.accounts.limits import RouteClass
from market.api import hot_routes
from market.api.kept_bodies import Headers, Kept, Memory
from market.api.rate_limits import Limiter, visitor_at
from market.api.together import Together
from market.api.validators import already_there
from ratings.ledger.clock import now
from ratings.ledger.queries import Place, happened_since

_READING = {"GET", "HEAD"}
# By these a request asks for something else than the answer that everybody gets.
_PARTICULAR = {
    b"authorization",
    b"if-match",
    b"if-modified-since",
    b"if-range",
    b"if-unmodified-since",
    b"range",
    b"transfer-encoding",
}
_ANY_JSON = {b"*/*", b"application/json"}
# What the application is asked for is whole, and is the answer to everybody.
_FOR_ONE = {b"accept-encoding", b"if-none-match"}
# Of the one who asked: they do not belong to the answer.
_OF_THE_ASKER = {b"ratelimit", b"ratelimit-policy"}
# Whatever every cache on the way may keep, if it asks before each use, is kept here as well.
_FOR_EVERYBODY = (b"cache-control", b"no-cache")
_GZIP = re.compile(rb"(?i)(?:^|,)\s*gzip\s*(?:;\s*q=(?P<weight>[0-9.]+)\s*)?(?:,|$)")
# After more acts than these it is cheaper to begin anew.
_MOST_ACTS = 500


class HotReads:
    """The application with its hot reads in front."""

    def __init__(
        self,
        application: ASGIApp,
        limiter: Limiter,
        answers_to: Callable[[bytes], bool],
        most_bytes: int,
    ) -> None:
        self._application = application
        self._answers_to = answers_to
        self._limiter = limiter
        self._memory = Memory(most_bytes)
        self._place = Place()
        self._up_to_date = Together(self._follow)
        self._reading: dict[bytes, asyncio.Event] = {}
        # Where nothing is kept there is nothing to wait for.
        self._shares = most_bytes > 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP and scope["method"] in _READING:
            wanted = hot_routes.wanted(scope["raw_path"], scope["query_string"])
            if wanted is not None and self._is_ordinary(scope):
                await self._answer(wanted, scope, receive, send)
                return
        await self._application(scope, receive, send)

    def _is_ordinary(self, scope: HTTPScope) -> bool:
        """Named rightly, by nobody in particular, for the form that everybody gets."""
        named = 0
        for name, value in scope["headers"]:
            if name in _PARTICULAR or (name == b"accept" and value not in _ANY_JSON):
                return False
            if name == b"host":
                named += 1
                if not self._answers_to(value):
                    return False
        return named == 1

    async def _answer(
        self, wanted: hot_routes.Wanted, scope: HTTPScope, receive: Receive, send: Send
    ) -> None:
        try:
            kept = await self._find(wanted.key)
        except Exception:
            # The database cannot be asked: the application meets the same, and tells it.
            await self._application(scope, receive, send)
            return
        if kept is None:
            await self._read(wanted, scope, receive, send)
            return
        client = scope["client"]
        verdict = await self._limiter.spend(
            visitor_at(client[0] if client else ""), RouteClass.READS
        )
        if verdict.allowed:
            await _send(kept, verdict.headers(), scope, send)
        else:
            # It refuses in the words of all refusals; who is over the limit costs nothing more.
            await self._application(scope, receive, send)

    async def _find(self, key: bytes) -> Kept | None:
        """What is kept there and true at this moment.

        Somebody else may be reading just this: then it is looked for once more when they have,
        after the ledger has been asked again, since something may have happened meanwhile.
        """
        await self._up_to_date.asked()
        kept = self._memory.find(key, now())
        reading = self._reading.get(key)
        if kept is None and reading is not None and self._shares:
            await reading.wait()
            await self._up_to_date.asked()
            kept = self._memory.find(key, now())
        return kept

    async def _follow(self) -> None:
        place, happened = await happened_since(self._place, _MOST_ACTS)
        if happened is None:
            self._memory.changed(place.seq, None)
        else:
            for entry in happened:
                topics = hot_routes.changed_by(entry.act, entry.subject)
                self._memory.changed(entry.seq, topics)
        self._place = place

    async def _read(
        self, wanted: hot_routes.Wanted, scope: HTTPScope, receive: Receive, send: Send
    ) -> None:
        """Let the application answer, keep the answer, and send of it what was asked for."""
        # Before the application looks: what happens from here on may be missing in its answer.
        seq, begun = self._place.seq, now()
        mine = self._reading.setdefault(wanted.key, asyncio.Event())
        whole = cast("HTTPScope", {**scope, "method": "GET"})
        whole["headers"] = [field for field in scope["headers"] if field[0] not in _FOR_ONE]
        answer = _Answer()
        try:
            await self._application(whole, receive, answer.send)
            # The route that answered is the one whose topics are known, and no other.
            is_known = whole.get("path_template") == wanted.template
            if not is_known or not answer.is_for_everybody:
                await answer.pass_on(scope, send)
                return
            kept = Kept(
                [field for field in answer.headers if field[0] not in _OF_THE_ASKER],
                answer.body,
                seq,
                wanted.topics,
                wanted.until(begun),
            )
            self._memory.keep(wanted.key, kept)
        finally:
            self._reading.pop(wanted.key, None)
            mine.set()
        allowance = [field for field in answer.headers if field[0] in _OF_THE_ASKER]
        await _send(kept, allowance, scope, send)


class _Answer:
    """What the application sends, collected."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: Headers = []
        self.body = b""

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = [(name.lower(), value) for name, value in message["headers"]]
        elif message["type"] == "http.response.body":
            self.body += message["body"]

    @property
    def is_for_everybody(self) -> bool:
        return (
            self.status == 200
            and _FOR_EVERYBODY in self.headers
            and any(name == b"etag" for name, _ in self.headers)
        )

    async def pass_on(self, scope: HTTPScope, send: Send) -> None:
        """As it came; an error, or what a route alone knows how to keep."""
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        body = b"" if scope["method"] == "HEAD" else self.body
        await send({"type": "http.response.body", "body": body, "more_body": False})


async def _send(kept: Kept, allowance: Headers, scope: HTTPScope, send: Send) -> None:
    answer = kept.packed() if _takes_gzip(scope) else kept.plain
    if already_there(scope, answer.tag):
        status, headers, body = 304, answer.unchanged, b""
    else:
        status, headers, body = 200, answer.headers, answer.body
    if scope["method"] == "HEAD":
        body = b""
    await send({"type": "http.response.start", "status": status, "headers": [*headers, *allowance]})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def _takes_gzip(scope: HTTPScope) -> bool:
    for name, value in scope["headers"]:
        if name == b"accept-encoding" and (found := _GZIP.search(value)):
            weight = found.group("weight")
            return weight is None or weight.strip(b"0.") != b""
    return False
