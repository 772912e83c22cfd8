"""Entity tags: whoever has an answer already is told that it still holds, and gets no second copy.

A tag is strong: it is the hash of the very bytes. A match is weak, as RFC 9110 wants for reads,
because a proxy that compresses marks our tags as weak.
"""

import hashlib
import re

from litestar.types import HTTPScope

_TAG = re.compile(rb'(?:W/)?("[^"]*")')
_BYTES = 16  # of the hash, in the tag: two answers of one address never share 128 bits
# They describe a body, and a 304 has none.
OF_THE_BODY = {
    b"content-type",
    b"content-length",
    b"content-disposition",
    b"content-encoding",
    b"content-language",
}


# Where a read of a thing with versions leaves the one it has read, for the edge.
VERSION = "version"


def tag_of(body: bytes, version: int | None = None) -> str:
    """A thing that is edited has its version in the tag (`preconditions`)."""
    mark = hashlib.sha256(body).digest()[:_BYTES].hex()
    return f'"{mark}"' if version is None else f'"{mark}-v{version}"'


def tag_of_encoded(body: bytes, tag: str) -> str:
    """Of the same answer in another encoding: other bytes, the same version."""
    return tag_of(body)[:-1] + tag[1 + 2 * _BYTES :]


def already_there(scope: HTTPScope, tag: str) -> bool:
    """Whether `If-None-Match` names the tag, alone, in a list, or by `*`."""
    named = b",".join(value for name, value in scope["headers"] if name == b"if-none-match")
    return named.strip() == b"*" or tag.encode() in _TAG.findall(named)
