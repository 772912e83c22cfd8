"""From where somebody signs in: pure, and only as exact as its use demands."""

import ipaddress

import msgspec

# An IPv6 subscriber has a whole /64 to come from; for a list of sessions the region is enough.
_ONE_PLACE, _REGION = {4: 32, 6: 64}, {4: 24, 6: 48}
_LONGEST_DEVICE = 80
# The first that is found counts: most of them claim to be the later ones too.
_BROWSERS = (
    ("MicroMessenger/", "WeChat"),
    ("DingTalk/", "DingTalk"),
    ("QQBrowser/", "QQ Browser"),
    ("Edg/", "Edge"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("HarmonyOS", "HarmonyOS"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


class Visit(msgspec.Struct, frozen=True):
    """`mark` is what a device brings that has signed in before; `key` is the installation's."""

    address: str = ""
    user_agent: str = ""
    mark: str = ""
    key: bytes = b""

    def __repr__(self) -> str:
        return f"Visit({region(self.address)})"


def place(address: str) -> str:
    """Where failures are counted together."""
    return _network(address, _ONE_PLACE)


def region(address: str) -> str:
    """What a list of sessions shows and the database keeps: enough to recognise one's own."""
    return _network(address, _REGION)


def device(user_agent: str) -> str:
    """“Firefox · Windows”; of a program what it calls itself first."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    if browser and system:
        return f"{browser} · {system}"
    first = (user_agent.split() or [""])[0]
    return "".join(character for character in first if character.isprintable())[:_LONGEST_DEVICE]


def _network(address: str, lengths: dict[int, int]) -> str:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return ""
    mapped = getattr(found, "ipv4_mapped", None)
    one = mapped or found
    network = ipaddress.ip_network((one, lengths[one.version]), strict=False)
    return str(network.network_address if network.num_addresses == 1 else network)
