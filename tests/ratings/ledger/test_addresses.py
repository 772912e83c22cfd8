"""Which addresses may be called: the public ones, in whatever spelling somebody tries."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratings.ledger.addresses import check_address, may_be_called, parse_networks
from ratings.ledger.errors import Refused, Unavailable
from ratings.ledger.outgoing import checked_address

INTRANET = parse_networks("10.20.0.0/16, fd00:20::/32")
PRIVATE = [
    "127.0.0.1",
    "127.1",
    "2130706433",
    "0x7f.0.0.1",
    "0177.0.0.1",
    "0.0.0.0",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "224.0.0.1",
    "255.255.255.255",
    "192.0.2.1",
    "::",
    "::1",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:a00:1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_in_every_spelling(address: str) -> None:
    assert not may_be_called(address, "https", ())
    with pytest.raises(Refused) as caught:
        check_address(scheme="https", userinfo=False, host=address, port=None, networks=())
    assert caught.value.code in ("address-private", "address-malformed")


@given(st.ip_addresses())
def test_nothing_but_public_addresses(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    if may_be_called(str(address), "https", ()):
        assert address.is_global
        assert not address.is_multicast
    assert not may_be_called(str(address), "http", ()), "plain http leaves for named networks only"


@given(st.ip_addresses(v=4))
def test_an_address_inside_another_is_judged_as_itself(address: ipaddress.IPv4Address) -> None:
    inside = may_be_called(f"::ffff:{address}", "https", ())
    assert inside == may_be_called(str(address), "https", ())


@given(st.ip_addresses(network="10.20.0.0/16"), st.sampled_from(["http", "https"]))
def test_a_named_network_is_open(address: ipaddress.IPv4Address, scheme: str) -> None:
    assert may_be_called(str(address), scheme, INTRANET)
    assert not may_be_called(str(address), scheme, parse_networks("10.21.0.0/16"))


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("http://example.org/hook", "address-not-https"),
        ("ftp://example.org/hook", "address-not-https"),
        ("example.org/hook", "address-malformed"),
        ("https://", "address-malformed"),
        ("https://user:word@example.org/", "address-with-password"),
        ("https://example.org\\@10.0.0.1/", "address-with-password"),
        ("https://example.org:22/", "address-port"),
        ("https://example.org:0/", "address-port"),
        ("https://example.org:70000/", "address-malformed"),
        ("https://exa mple.org/", "address-malformed"),
        ("https://[::1]/", "address-private"),
        ("https://[::ffff:10.0.0.1]:8443/", "address-private"),
        ("https://0x7f000001/", "address-private"),
        ("https://１２７.０.０.１/", "address-malformed"),
        ("https://example.org/" + "x" * 500, "address-malformed"),
    ],
)
def test_addresses_that_no_name_server_could_make_right(address: str, code: str) -> None:
    with pytest.raises(Refused) as caught:
        checked_address(address, ())
    assert caught.value.code == code


def test_addresses_that_may_be_typed() -> None:
    assert checked_address(" https://Example.org/hook?a=1#part ", ()) == (
        "https://example.org/hook?a=1"
    )
    assert checked_address("https://例子.cn:8443/", ()) == "https://xn--fsqu00a.cn:8443/"
    assert checked_address("http://10.20.3.4:9000/", INTRANET) == "http://10.20.3.4:9000/"


def test_a_setting_that_names_no_network_is_told_at_once() -> None:
    assert parse_networks("") == ()
    with pytest.raises(Unavailable, match="STEELYARD_WEBHOOK_NETWORKS"):
        parse_networks("10.20.0.0/16, intranet")
    with pytest.raises(Unavailable):
        parse_networks("10.20.0.1/16")
