"""Keyed hashes of personal identifiers."""

import hashlib
import hmac

import pytest

from ratings.ledger.errors import Refused
from ratings.signals.identifiers import keyed_hash

KEY = b"sixteen bytes ok"


def test_it_is_hmac_sha256() -> None:
    expected = hmac.new(KEY, b"13805741234", hashlib.sha256).hexdigest()
    assert keyed_hash(KEY, "13805741234") == expected


def test_width_case_and_blanks_make_no_difference() -> None:
    assert keyed_hash(KEY, " １３８0574 1234") == keyed_hash(KEY, "13805741234")
    assert keyed_hash(KEY, "33028119800101001x") == keyed_hash(KEY, "33028119800101001X")


def test_another_key_gives_another_hash() -> None:
    assert keyed_hash(KEY, "1") != keyed_hash(b"another key of 16", "1")


def test_a_short_key_and_an_empty_value_are_refused() -> None:
    with pytest.raises(Refused, match="at least 16"):
        keyed_hash(b"short", "1")
    with pytest.raises(Refused, match="leave it out"):
        keyed_hash(KEY, "　 ")
