"""Encoded answers in memory, each with what must not have happened since it was read."""

import gzip
from collections import OrderedDict
from collections.abc import Iterable
from datetime import datetime

import msgspec

from market.api.validators import OF_THE_BODY, tag_of_encoded

Headers = list[tuple[bytes, bytes]]

# Below it a compressed body is hardly smaller than one packet of the network.
_WORTH_PACKING = 1024
# What an answer takes beside its body, roughly: its headers, its key, its place in the order.
_OVERHEAD = 2048
# Topics remembered one by one; beyond it all that is kept counts as changed.
_MOST_TOPICS = 10_000


class Representation(msgspec.Struct, frozen=True, gc=False):
    """One body with its headers, and those of a 304 that says it still holds."""

    tag: str
    headers: Headers
    unchanged: Headers
    body: bytes


def representation(headers: Headers, body: bytes, tag: str) -> Representation:
    """`headers` without the tag and the length of the body, which are added."""
    whole = [
        *headers,
        (b"etag", tag.encode()),
        (b"content-length", str(len(body)).encode()),
    ]
    return Representation(
        tag, whole, [field for field in whole if field[0] not in OF_THE_BODY], body
    )


class Kept:
    """An answer as it is, and compressed once somebody wants it so.

    It was read when the ledger had `seq` entries or more, is made of `topics`, and holds until
    `until` unless something happens.
    """

    __slots__ = ("_packed", "plain", "seq", "size", "topics", "until")

    def __init__(
        self,
        headers: Headers,
        body: bytes,
        seq: int,
        topics: tuple[str, ...],
        until: datetime | None,
    ) -> None:
        named = dict(headers)
        rest = [field for field in headers if field[0] not in (b"etag", b"content-length")]
        self._packed: Representation | None = None
        if len(body) >= _WORTH_PACKING:
            vary = named.get(b"vary")
            both = b"Accept-Encoding" if vary is None else vary + b", Accept-Encoding"
            rest = [field for field in rest if field[0] != b"vary"] + [(b"vary", both)]
        self.plain = representation(rest, body, named[b"etag"].decode())
        self.seq = seq
        self.topics = topics
        self.until = until
        # The compressed body never is the larger one, and is counted from the beginning.
        self.size = 2 * len(body) + _OVERHEAD

    def packed(self) -> Representation:
        """Compressed; the plain one where that is not worth it."""
        if len(self.plain.body) < _WORTH_PACKING:
            return self.plain
        if self._packed is None:
            body = gzip.compress(self.plain.body, mtime=0)
            rest = [f for f in self.plain.headers if f[0] not in (b"etag", b"content-length")]
            self._packed = representation(
                [*rest, (b"content-encoding", b"gzip")], body, tag_of_encoded(body, self.plain.tag)
            )
        return self._packed


class Memory:
    """Answers by address, at most `most_bytes` of them: the one unused for longest goes first."""

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._kept: OrderedDict[bytes, Kept] = OrderedDict()
        self._changed: dict[str, int] = {}
        self._all_changed = 0
        self.size = 0

    def __len__(self) -> int:
        return len(self._kept)

    def __contains__(self, key: bytes) -> bool:
        """Whether anything is kept there, whether it still holds or not."""
        return key in self._kept

    def find(self, key: bytes, at: datetime) -> Kept | None:
        """What is kept there, if it still holds."""
        kept = self._kept.get(key)
        if kept is None:
            return None
        if not self._holds(kept, at):
            self._drop(key)
            return None
        self._kept.move_to_end(key)
        return kept

    def keep(self, key: bytes, kept: Kept) -> None:
        """Unless it alone is larger than the room for all."""
        self._drop(key)
        if kept.size > self._most:
            return
        self._kept[key] = kept
        self.size += kept.size
        while self.size > self._most:
            self._drop(next(iter(self._kept)))

    def changed(self, seq: int, topics: Iterable[str] | None) -> None:
        """The entry `seq` of the ledger has changed these topics; None means all there are."""
        if topics is None or len(self._changed) > _MOST_TOPICS:
            self._all_changed = seq
            self._kept.clear()
            self._changed.clear()
            self.size = 0
            return
        for topic in topics:
            self._changed[topic] = seq

    def _holds(self, kept: Kept, at: datetime) -> bool:
        return (
            kept.seq >= self._all_changed
            and all(kept.seq >= self._changed.get(topic, 0) for topic in kept.topics)
            and (kept.until is None or at < kept.until)
        )

    def _drop(self, key: bytes) -> None:
        kept = self._kept.pop(key, None)
        if kept is not None:
            self.size -= kept.size
