"""How much one caller may ask of the market in a while: the classes of routes and their limits.

A limit is a number of requests in a window that begins with the first of them. The figures are
ours: far above what people and honest programs need, far below what would hurt the others.
"""

import ipaddress
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import msgspec

from ratings.ledger.errors import Unavailable

# Fewer than this are counted one by one; of more, a process takes a twentieth at a time.
_SMALL = 100
_PART = 20
# How much of an IPv6 address belongs to one customer: the rest they may choose at will.
_CUSTOMER = 64
_OPTION = "route_class"
_STATED = re.compile(r"(?P<name>[a-z-]+)=(?P<quota>[0-9]{1,9})/(?P<window>[0-9]{1,5})")


class RouteClass(StrEnum):
    """What kind of work a request is. Every route is of one class."""

    SIGN_IN = "sign-in"
    WRITES = "writes"
    READS = "reads"
    UPLOADS = "uploads"
    EXPORTS = "exports"


class Limit(msgspec.Struct, frozen=True):
    """`quota` requests in `window` seconds; `block` of them are reserved at a time."""

    route_class: RouteClass
    quota: int
    window: int

    @property
    def block(self) -> int:
        """1 where a guess must cost an attacker exactly one: then nothing is left unused."""
        if self.route_class is RouteClass.SIGN_IN or self.quota < _SMALL:
            return 1
        return self.quota // _PART


Limits = Mapping[RouteClass, Limit]

USUAL: Limits = {
    RouteClass.SIGN_IN: Limit(RouteClass.SIGN_IN, 60, 300),
    RouteClass.WRITES: Limit(RouteClass.WRITES, 300, 60),
    RouteClass.READS: Limit(RouteClass.READS, 6000, 300),
    RouteClass.UPLOADS: Limit(RouteClass.UPLOADS, 60, 300),
    RouteClass.EXPORTS: Limit(RouteClass.EXPORTS, 30, 300),
}


def limits_of(stated: str) -> Limits:
    """The limits that a setting states: empty for the usual ones, `off` for none, or those that
    differ, as `reads=12000/300 sign-in=30/300` (requests/seconds).

    Unavailable when it says something else.
    """
    if stated.strip() == "off":
        return {}
    limits = dict(USUAL)
    for word in stated.split():
        match = _STATED.fullmatch(word)
        if match is None or match["name"] not in set(RouteClass):
            raise _unusable(stated, word)
        quota, window = int(match["quota"]), int(match["window"])
        if not quota or not window:
            raise _unusable(stated, word)
        route_class = RouteClass(match["name"])
        limits[route_class] = Limit(route_class, quota, window)
    return limits


def _unusable(stated: str, word: str) -> Unavailable:
    return Unavailable(
        "rate-limits-unusable",
        "STEELYARD_RATE_LIMITS cannot be “{stated}”: “{word}” is not understood. Write “off”, or"
        " class=requests/seconds with the classes {classes}, such as “reads=12000/300”.",
        stated=stated,
        word=word,
        classes=", ".join(RouteClass),
    )


def counted_as(route_class: RouteClass) -> dict[str, Any]:
    """Keyword arguments for a route that is not of the class its method and roles say."""
    return {_OPTION: route_class}


def stated_class(options: Mapping[str, Any]) -> RouteClass | None:
    """What `counted_as` has said about a route."""
    stated: RouteClass | None = options.get(_OPTION)
    return stated


def network_of(address: str) -> str:
    """Who is behind an address: an IPv4 address, the /64 of an IPv6 one, or the text itself."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return str(ip.ipv4_mapped)
        return str(ipaddress.ip_network((int(ip), _CUSTOMER), strict=False))
    return str(ip)
