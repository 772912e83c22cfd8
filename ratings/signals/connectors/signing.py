"""Signing a request by HMAC-SHA-256 over its method, path, query, date and the digest of its body.

Data-sharing gateways agree on the idea and differ in the order, in the names of the headers and in
how the date is written, so all three are settings of the connector. The text that is signed is a
template of {method}, {path}, {query}, {key}, {date} and {digest}.
"""

import base64
import hashlib
import hmac
from datetime import UTC, datetime
from email.utils import format_datetime
from urllib.parse import urlencode

import httpx

from ratings.signals.connectors.description import Signed


def signature_headers(
    access: Signed, secret: str, method: str, address: str, body: bytes, at: datetime
) -> dict[str, str]:
    """The headers of the connector with everything filled in.

    `{query}` is sorted by name, as gateways want it, so that the order in which it is sent does
    not matter; `{digest}` is the SHA-256 of the body, empty or not.
    """
    url = httpx.URL(address)
    known = {
        "method": method,
        "path": url.raw_path.split(b"?")[0].decode("ascii"),
        "query": urlencode(sorted(url.params.multi_items())),
        "key": access.key_id,
        "date": _date(access.date, at),
        "digest": _written(access, hashlib.sha256(body).digest()),
    }
    signed = hmac.new(secret.encode(), access.text.format(**known).encode(), hashlib.sha256)
    filled = known | {"signature": _written(access, signed.digest())}
    return {name: text.format(**filled) for name, text in access.headers.items()}


def _date(form: str, at: datetime) -> str:
    moment = at.astimezone(UTC)
    match form:
        case "http":
            return format_datetime(moment, usegmt=True)
        case "iso":
            return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
        case "seconds":
            return str(int(moment.timestamp()))
        case _:
            return str(int(moment.timestamp() * 1000))


def _written(access: Signed, digest: bytes) -> str:
    return digest.hex() if access.digits == "hex" else base64.b64encode(digest).decode("ascii")
