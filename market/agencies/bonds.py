"""What shows that two agencies are related, as far as the marketplace can know.

It knows what an agency states of itself and who signs in for it. Legal representatives,
shareholders and holdings are not among its data, and related firms that hide it are not seen here.
"""

import re
import unicodedata

import msgspec

from ratings.ledger.errors import Bilingual

CONTACT = Bilingual(zh="联系人相同", en="same contact person")
PHONE = Bilingual(zh="联系电话相同", en="same phone number")
ADDRESS = Bilingual(zh="地址相同", en="same address")
PERSON = Bilingual(zh="同一人操作两家账户", en="one person acts for both")


class Stated(msgspec.Struct, frozen=True):
    """What an agency states of itself; an empty text says nothing."""

    contact_name: str
    contact_phone: str
    address: str


def bond(one: Stated, other: Stated, *, same_person: bool) -> Bilingual | None:
    """What shows that two agencies are related; None where nothing does.

    One person who acts for both is enough. Of contact, phone and address two have to be the same:
    strangers share a business centre or a bookkeeper's phone (the shell screen counts likewise).
    """
    shared = [
        word
        for word, mine, theirs in (
            (CONTACT, _plain(one.contact_name), _plain(other.contact_name)),
            (PHONE, _digits(one.contact_phone), _digits(other.contact_phone)),
            (ADDRESS, _plain(one.address), _plain(other.address)),
        )
        if mine and mine == theirs
    ]
    if not same_person and len(shared) < 2:
        return None
    told = [PERSON, *shared] if same_person else shared
    return Bilingual(zh="、".join(word.zh for word in told), en=", ".join(word.en for word in told))


def attributes(stated: Stated) -> dict[str, str]:
    """What an agency states, by kind and in one spelling; what is empty is left out."""
    found = {
        "contact": _plain(stated.contact_name),
        "phone": _digits(stated.contact_phone),
        "address": _plain(stated.address),
    }
    return {kind: text for kind, text in found.items() if text}


def _plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def _digits(text: str) -> str:
    return re.sub(r"\D", "", unicodedata.normalize("NFKC", text))
