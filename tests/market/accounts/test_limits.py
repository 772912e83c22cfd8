"""Limits as a setting states them, and who is behind an address."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.accounts.limits import USUAL, Limit, RouteClass, limits_of, network_of
from market.app import create_app
from market.settings import Settings
from ratings.ledger.errors import Unavailable


def test_a_setting_changes_what_it_names_and_leaves_the_rest() -> None:
    assert limits_of("") == USUAL
    assert limits_of("off") == {}
    stated = limits_of("reads=7/60 sign-in=3/10")
    assert stated[RouteClass.READS] == Limit(RouteClass.READS, 7, 60)
    assert stated[RouteClass.SIGN_IN] == Limit(RouteClass.SIGN_IN, 3, 10)
    assert stated[RouteClass.WRITES] == USUAL[RouteClass.WRITES]


@pytest.mark.parametrize("stated", ["on", "reads", "reads=0/60", "reads=9/0", "pages=9/60"])
def test_a_setting_that_says_nothing_of_sense_stops_the_start(stated: str) -> None:
    with pytest.raises(Unavailable, match=f"“{stated}” is not understood.*reads=12000/300"):
        create_app(Settings(rate_limits=stated, secret_key="of no installation"))


@given(st.sampled_from(RouteClass), st.integers(1, 10**9), st.integers(1, 86400))
def test_a_block_is_at_most_a_twentieth_and_signing_in_is_counted_exactly(
    route_class: RouteClass, quota: int, window: int
) -> None:
    block = Limit(route_class, quota, window).block
    assert 1 <= block <= max(1, quota // 20)
    if route_class is RouteClass.SIGN_IN:
        assert block == 1


@given(st.ip_addresses(v=6), st.integers(0, 2**64 - 1))
def test_whoever_has_a_whole_network_is_one_visitor(
    address: ipaddress.IPv6Address, own: int
) -> None:

    if address.ipv4_mapped is None:
        other = ipaddress.IPv6Address((int(address) >> 64 << 64) | own)
        if other.ipv4_mapped is None:
            assert network_of(str(address)) == network_of(str(other))


@pytest.mark.parametrize(
    ("address", "visitor"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("", ""),
        ("x" * 300, "x" * 64),
    ],
)
def test_visitors_by_address(address: str, visitor: str) -> None:
    assert network_of(address) == visitor
