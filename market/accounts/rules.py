"""What a new account must look like: pure checks, each with its own message."""

import unicodedata

import msgspec

from market.accounts.guessable import check_guessable
from ratings.ledger.actors import Role
from ratings.ledger.errors import Refused
from ratings.ledger.uscc import parse_uscc

SHORTEST_PASSWORD = 10
# Argon2 reads all of it; a novel as a password would only be work for the server.
LONGEST_PASSWORD = 128
DEMONSTRATION_PASSWORD = "steelyard-demo"
"""Of every invented account. It is printed and published, so no real account may have it."""
_LONGEST = {"login": 120, "person_name": 80, "organisation_name": 120, "organisation_name_en": 160}
_ACCOUNT_ROLES = (Role.ENTERPRISE, Role.AGENCY, Role.SUPERVISOR, Role.CENTRE, Role.AUDITOR)
_BUSINESSES = (Role.ENTERPRISE, Role.AGENCY)


class NewAccount(msgspec.Struct, frozen=True, kw_only=True):
    """An organisation with its first person, who administers it. `kind` is the role they wear."""

    kind: Role
    organisation_name: str
    login: str
    password: str
    person_name: str
    organisation_name_en: str = ""
    uscc: str | None = None


def normal_login(text: str) -> str:
    """One spelling for what looks the same: full-width letters and capitals are folded."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


def normal_password(text: str) -> str:
    """The same password from every keyboard: composed and compatibility forms are folded."""
    return unicodedata.normalize("NFKC", text)


def check_account(wanted: NewAccount, *, demonstration: bool = False) -> NewAccount:
    """The account with normal spellings; Refused says what is missing or wrong."""
    if wanted.kind not in _ACCOUNT_ROLES:
        raise Refused(
            "account-kind", "There are no accounts of the kind “{kind}”.", kind=wanted.kind
        )
    account = msgspec.structs.replace(
        wanted,
        login=normal_login(wanted.login),
        person_name=wanted.person_name.strip(),
        organisation_name=wanted.organisation_name.strip(),
        organisation_name_en=wanted.organisation_name_en.strip(),
        uscc=parse_uscc(wanted.uscc or "") if wanted.kind in _BUSINESSES else None,
    )
    _check_login(account.login)
    if not account.person_name:
        raise Refused("person-name-missing", "Your name is missing.")
    if not account.organisation_name:
        raise Refused("organisation-name-missing", "The name of the organisation is missing.")
    for field, longest in _LONGEST.items():
        if len(getattr(account, field)) > longest:
            raise Refused(
                "text-too-long",
                "“{start}…” is too long: at most {longest} characters fit.",
                start=getattr(account, field)[:20],
                longest=longest,
            )
    # The invented accounts share a password that is printed: nobody is to be kept from guessing it.
    if not demonstration:
        check_password(
            account.password,
            account.login,
            (account.person_name, account.organisation_name, account.organisation_name_en),
        )
    return account


def _check_login(login: str) -> None:
    if not login:
        raise Refused("login-missing", "The sign-in name is missing.")
    if any(character.isspace() or not character.isprintable() for character in login):
        raise Refused("login-blank", "A sign-in name has no blanks in it.")


def check_password(password: str, login: str, personal: tuple[str, ...] = ()) -> None:
    """Length is what makes a password hard to guess; what is `personal` is guessed first."""
    normal = normal_password(password)
    if len(normal) < SHORTEST_PASSWORD:
        raise Refused(
            "password-short",
            "The password needs at least {shortest} characters; yours has {length}.",
            shortest=SHORTEST_PASSWORD,
            length=len(normal),
        )
    if len(normal) > LONGEST_PASSWORD:
        raise Refused(
            "password-long",
            "The password has at most {longest} characters.",
            longest=LONGEST_PASSWORD,
        )
    if normal.casefold() == login:
        raise Refused("password-is-login", "The password must not be the sign-in name.")
    if normal == DEMONSTRATION_PASSWORD:
        raise Refused(
            "password-published",
            "This password is that of the demonstration, and everybody knows it.",
        )
    check_guessable(normal, (login, *personal))
