"""Which addresses this installation may be made to call by somebody who types an address in.

Whoever can name an address could otherwise use the server to reach what only the server can: its
own machine, the database beside it, the metadata service of a cloud (CWE-918).
"""

import ipaddress
import re
import socket
from typing import TypeAlias

from ratings.ledger.errors import Refused, Unavailable

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

_WEB_PORTS = (80, 443)
_LAST_PORT = 65535
# A name in ASCII, or an address without its brackets.
_HOST = re.compile(r"[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+")
_FIRST_FREE_PORT = 1024  # below it live the services of the machine: mail, shells, directories
# Addresses that lead on to an IPv4 address written inside them, whatever that may be.
_TRANSLATED = (
    ipaddress.ip_network("64:ff9b::/96"),
    ipaddress.ip_network("64:ff9b:1::/48"),
    ipaddress.ip_network("2001::/32"),
    ipaddress.ip_network("2002::/16"),
)


def parse_networks(text: str, setting: str = "STEELYARD_WEBHOOK_NETWORKS") -> tuple[Network, ...]:
    """Networks as a setting lists them, `10.0.0.0/8, fd00::/8`; Unavailable for anything else.

    `setting` is its name, to be told when it has to be mended.
    """
    try:
        return tuple(ipaddress.ip_network(one.strip()) for one in text.split(",") if one.strip())
    except ValueError as error:
        raise Unavailable(
            "networks-unusable",
            "{setting} takes networks such as 10.20.0.0/16, separated by commas;"
            " this is none: {why}.",
            setting=setting,
            why=str(error),
        ) from error


def may_be_called(address: str, scheme: str, networks: tuple[Network, ...]) -> bool:
    """Public addresses over https; over either scheme those that the installation has named."""
    found = _parsed(address)
    if found is None:
        return False
    if any(found.version == one.version and found in one for one in networks):
        return True
    return scheme == "https" and _is_public(found)


def check_address(
    *, scheme: str, userinfo: bool, host: str, port: int | None, networks: tuple[Network, ...]
) -> None:
    """Refused for what no look-up could make right; names are judged by their addresses later."""
    if scheme != "https" and not (scheme == "http" and networks):
        raise Refused("address-not-https", "The address must begin with https://.")
    if not _HOST.fullmatch(host) or (port is not None and port > _LAST_PORT):
        raise Refused("address-malformed", "This is not a complete web address.")
    if userinfo:
        raise Refused(
            "address-with-password",
            "The address must not carry a name or a password before the host. The signature shows"
            " who calls.",
        )
    if port is not None and port not in _WEB_PORTS and port < _FIRST_FREE_PORT:
        raise Refused(
            "address-port",
            "Port {port} is not one of the web. Use 443, or one from {first} on.",
            port=port,
            first=_FIRST_FREE_PORT,
        )
    if _parsed(host) is not None and not may_be_called(host, scheme, networks):
        raise Refused(
            "address-private",
            "{host} is not a public address, and this market calls no others.",
            host=host,
        )


def _parsed(text: str) -> Address | None:
    """An address in any spelling that a resolver takes: also 2130706433, 0x7f.1 and 0177.0.0.1."""
    try:
        found: Address = ipaddress.ip_address(text)
    except ValueError:
        try:
            found = ipaddress.IPv4Address(socket.inet_aton(text))
        except (OSError, UnicodeEncodeError):
            return None
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        return found.ipv4_mapped
    return found


def _is_public(address: Address) -> bool:
    translated = any(address.version == one.version and address in one for one in _TRANSLATED)
    return address.is_global and not address.is_multicast and not translated
