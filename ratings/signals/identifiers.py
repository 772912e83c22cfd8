"""Personal identifiers enter the bureau as keyed hashes and are never stored in the clear.

HMAC-SHA-256 (RFC 2104, FIPS 198-1) under a key that stays with whoever sends the feed:
equal people give equal hashes, which is all a cluster needs, and a phone number cannot be
found again by hashing all phone numbers, which a hash without a key would allow.
"""

import hashlib
import hmac
import unicodedata

from ratings.ledger.errors import Refused

SHORTEST_KEY = 16


def keyed_hash(key: bytes, value: str) -> str:
    """64 hex digits for `value`; width variants, case and blanks make no difference.

    The key has at least 16 bytes; a shorter one is Refused, as is an empty value, because
    the hash of nothing would make strangers look related.
    """
    if len(key) < SHORTEST_KEY:
        raise Refused(
            "identifier-key",
            "The key for personal identifiers has {length} bytes; it needs at least {least}.",
            length=len(key),
            least=SHORTEST_KEY,
        )
    plain = "".join(unicodedata.normalize("NFKC", value).split()).upper()
    if not plain:
        raise Refused("identifier-empty", "An empty identifier cannot be hashed; leave it out.")
    return hmac.new(key, plain.encode(), hashlib.sha256).hexdigest()
