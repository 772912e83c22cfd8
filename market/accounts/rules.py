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


class Account(msgspec.Struct, frozen=True):
    """The ids of the two rows that a new account is."""

    person: str
    organisation: str


class NewPerson(msgspec.Struct, frozen=True):
    """Somebody who joins an organisation that is there already."""

    login: str
    password: str
    person_name: str

    def __repr__(self) -> str:
        return "NewPerson(…)"


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
    organisation_name, organisation_name_en = check_organisation(
        wanted.organisation_name, wanted.organisation_name_en
    )
    person = check_person(
        NewPerson(wanted.login, wanted.password, wanted.person_name),
        (organisation_name, organisation_name_en),
        demonstration=demonstration,
    )
    return msgspec.structs.replace(
        wanted,
        login=person.login,
        person_name=person.person_name,
        organisation_name=organisation_name,
        organisation_name_en=organisation_name_en,
        uscc=parse_uscc(wanted.uscc or "") if wanted.kind in _BUSINESSES else None,
    )


def check_person(
    wanted: NewPerson, personal: tuple[str, ...] = (), *, demonstration: bool = False
) -> NewPerson:
    """The same in normal spellings; Refused says what is missing or wrong.

    `personal`: what a password is guessed from besides the two names.
    """
    login, name = normal_login(wanted.login), check_name(wanted.person_name)
    _check_login(login)
    # The invented accounts share a password that is printed: nobody is to be kept from guessing it.
    if not demonstration:
        check_password(wanted.password, login, (name, *personal))
    return NewPerson(login, wanted.password, name)


def check_name(text: str) -> str:
    """A person's name without blanks around it."""
    name = text.strip()
    if not name:
        raise Refused("person-name-missing", "Your name is missing.")
    _check_length(name, "person_name")
    return name


def check_organisation(name: str, name_en: str) -> tuple[str, str]:
    """Both names without blanks around them; only the English one may be missing."""
    name, name_en = name.strip(), name_en.strip()
    if not name:
        raise Refused("organisation-name-missing", "The name of the organisation is missing.")
    _check_length(name, "organisation_name")
    _check_length(name_en, "organisation_name_en")
    return name, name_en


def _check_length(text: str, field: str) -> None:
    longest = _LONGEST[field]
    if len(text) > longest:
        raise Refused(
            "text-too-long",
            "“{start}…” is too long: at most {longest} characters fit.",
            start=text[:20],
            longest=longest,
        )


def _check_login(login: str) -> None:
    if not login:
        raise Refused("login-missing", "The sign-in name is missing.")
    _check_length(login, "login")
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
