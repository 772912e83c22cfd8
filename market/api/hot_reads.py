"""The public reads that most ask for, answered from memory and never out of date.

It stands in front of the whole application, the hooks that add headers too. Before it answers from
memory it asks the ledger what has happened since it last asked; every act that shows in such a read
appends there in its own transaction, so what has been acknowledged anywhere is known here, with any
number of processes. Requests that arrive together share the question. What is not in memory is read
by the function of its route alone (`plain_reads`), and kept from then on; where that fails, the
application answers.

Only what is the same for everybody is kept: a request that signs in, or wants anything out of the
ordinary, goes the ordinary way.
"""

import asyncio
import re
from collections.abc import Callable, Mapping

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

from market.accounts.limits import RouteClass
from market.api import hot_routes
from market.api.kept_bodies import Headers, Kept, Memory
from market.api.plain_reads import PlainRead
from market.api.rate_limits import VERDICT, Limiter, visitor_at
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
_GZIP = re.compile(rb"(?i)(?:^|,)\s*gzip\s*(?:;\s*q=(?P<weight>[0-9.]+)\s*)?(?:,|$)")
# After more acts than these it is cheaper to begin anew.
_MOST_ACTS = 500


class HotReads:
    """The application with its hot reads in front. `plain` has one for each template of them."""

    def __init__(
        self,
        application: ASGIApp,
        plain: Mapping[str, PlainRead],
        limiter: Limiter,
        answers_to: Callable[[bytes], bool],
        most_bytes: int,
    ) -> None:
        self._application = application
        self._plain = plain
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
        client = scope["client"]
        verdict, kept = None, None
        try:
            verdict = await self._limiter.spend(
                visitor_at(client[0] if client else ""), RouteClass.READS
            )
            if verdict.allowed:
                kept = await self._find(wanted.key) or await self._read(wanted, scope)
        except Exception:
            # No such thing, no such parameter, no database: the application meets the same.
            kept = None
        if verdict is not None and kept is not None:
            await _send(kept, verdict.headers(), scope, send)
            return
        if verdict is not None:
            scope.setdefault("state", {})[VERDICT] = verdict
        # It says what is wrong in the words of all errors.
        await self._application(scope, receive, send)

    async def _find(self, key: bytes) -> Kept | None:
        """What is kept there and true at this moment.

        Somebody else may be reading just this: then it is looked for once more when they have,
        after the ledger has been asked again, since something may have happened meanwhile.
        """
        reading = self._reading.get(key) if self._shares else None
        if reading is None and key not in self._memory and self._place.seq:
            # It is read now, so that it matters to nobody what has happened until then. It is kept
            # as of an earlier entry: at worst it counts as changed although it is not.
            return None
        await self._up_to_date.asked()
        kept = self._memory.find(key, now())
        if kept is None and reading is not None:
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

    async def _read(self, wanted: hot_routes.Wanted, scope: HTTPScope) -> Kept:
        """Read from the database, and keep what was read."""
        # Before the reading: what happens from here on may be missing in the answer.
        seq, begun = self._place.seq, now()
        mine = self._reading.setdefault(wanted.key, asyncio.Event())
        try:
            headers, body = await self._plain[wanted.template].answer(scope, wanted.values)
            kept = Kept(headers, body, seq, wanted.topics, wanted.until(begun))
            self._memory.keep(wanted.key, kept)
            return kept
        finally:
            self._reading.pop(wanted.key, None)
            mine.set()


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
