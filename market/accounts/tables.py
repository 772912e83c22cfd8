"""People, the organisations they act for, how they sign in, and what is kept of their requests."""

from piccolo.columns import (
    UUID,
    Array,
    BigInt,
    Boolean,
    ForeignKey,
    Integer,
    OnDelete,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.table import Table

from ratings.ledger.database import ENGINE


class Organisation(Table, db=ENGINE):
    """`kind` is the role its members wear. `demonstration` marks invented ones. Every change of
    what it says of itself, an agency's details among them, raises `version`."""

    id = UUID(primary_key=True)
    kind = Varchar(length=12)
    name = Varchar(length=120)
    name_en = Varchar(length=160)
    uscc = Varchar(length=18, null=True, default=None, unique=True)
    demonstration = Boolean(default=False)
    created_at = Timestamptz()
    version = Integer(default=1)


class Person(Table, db=ENGINE):
    """Nobody who is deactivated can sign in. Of whom was erased, a pseudonym is left."""

    id = UUID(primary_key=True)
    login = Varchar(length=120, unique=True)
    name = Varchar(length=80)
    password_hash = Varchar(length=200)
    demonstration = Boolean(default=False)
    created_at = Timestamptz()
    deactivated_at = Timestamptz(null=True, default=None)
    erased_at = Timestamptz(null=True, default=None)


class Membership(Table, db=ENGINE):
    """A hat: a person acting for an organisation. `worn_at` is when it was last put on by choice;
    nobody wears one that is deactivated."""

    id = UUID(primary_key=True)
    person = ForeignKey(references=Person, null=False, on_delete=OnDelete.restrict)
    organisation = ForeignKey(references=Organisation, null=False, on_delete=OnDelete.restrict)
    administrator = Boolean(default=False)
    joined_at = Timestamptz()
    worn_at = Timestamptz(null=True, default=None)
    deactivated_at = Timestamptz(null=True, default=None)


class Invitation(Table, db=ENGINE):
    """A link that lets one person in, until `expires_at`; a used or revoked one has no row.

    Without an organisation it opens an office: `kind` and the names say which. `note` reminds
    those who invite for whom it is. Only the SHA-256 of the link's secret is kept. `names_taken`
    counts the sign-in names tried with it that somebody has.
    """

    id = UUID(primary_key=True)
    token_hash = Varchar(length=64, unique=True)
    organisation = ForeignKey(references=Organisation, null=True, on_delete=OnDelete.restrict)
    kind = Varchar(length=12)
    office_name = Varchar(length=120)
    office_name_en = Varchar(length=160)
    administrator = Boolean(default=False)
    note = Varchar(length=80)
    made_by = ForeignKey(references=Person, null=False, on_delete=OnDelete.restrict)
    made_for = ForeignKey(references=Organisation, null=False, on_delete=OnDelete.restrict)
    created_at = Timestamptz()
    expires_at = Timestamptz()
    names_taken = Integer(default=0)


class Session(Table, db=ENGINE):
    """A signed-in browser or program; only the SHA-256 of its token is kept.

    `public_id` is what its owner may see of it. `device` and `address` are as coarse as recognising
    one's own sessions allows. `second_factor` says whether one was shown.
    """

    token_hash = Varchar(length=64, primary_key=True)
    public_id = UUID(unique=True)
    person = ForeignKey(references=Person, null=False, on_delete=OnDelete.restrict)
    organisation = ForeignKey(references=Organisation, null=False, on_delete=OnDelete.restrict)
    created_at = Timestamptz()
    seen_at = Timestamptz()
    device = Varchar(length=80)
    address = Varchar(length=45)
    second_factor = Boolean(default=False)


class SecondFactor(Table, db=ENGINE):
    """An authenticator that its owner has confirmed. `secret` is sealed; no code of the time step
    `last_step` or an earlier one is taken again."""

    id = UUID(primary_key=True)
    person = ForeignKey(references=Person, null=False, unique=True, on_delete=OnDelete.restrict)
    secret = Varchar(length=200)
    last_step = BigInt()
    enrolled_at = Timestamptz()


class RecoveryCode(Table, db=ENGINE):
    """A code that has not been used; only its keyed hash is kept, and a used one has no row."""

    code_hash = Varchar(length=64, primary_key=True)
    person = ForeignKey(references=Person, null=False, on_delete=OnDelete.restrict)


class LinkedIdentity(Table, db=ENGINE):
    """A subject of an identity provider who may sign in as a person."""

    id = UUID(primary_key=True)
    issuer = Varchar(length=255)
    subject = Varchar(length=255)
    person = ForeignKey(references=Person, null=False, on_delete=OnDelete.restrict)
    linked_at = Timestamptz()


class SignInCount(Table, db=ENGINE):
    """Failures counted at one place; `key` is a keyed hash, so the row names neither person nor
    address."""

    key = Varchar(length=64, primary_key=True)
    failures = Integer(default=0)
    failed_at = Timestamptz(null=True, default=None)
    succeeded_at = Timestamptz(null=True, default=None)


class ApiKey(Table, db=ENGINE):
    """A key with which programs act for an organisation, in the name of the person who made it.

    `id` is the visible part of it; of the whole only the SHA-256 is kept.
    """

    id = Varchar(length=10, primary_key=True)
    key_hash = Varchar(length=64, unique=True)
    organisation = ForeignKey(
        references=Organisation, null=False, on_delete=OnDelete.restrict, index=True
    )
    person = ForeignKey(references=Person, null=False, on_delete=OnDelete.restrict)
    name = Varchar(length=80)
    scopes = Array(base_column=Varchar(length=40))
    created_at = Timestamptz()
    expires_at = Timestamptz()
    used_at = Timestamptz(null=True, default=None)
    revoked_at = Timestamptz(null=True, default=None)


class IdempotencyKey(Table, db=ENGINE):
    """The answer already given to a request that may come twice."""

    id = UUID(primary_key=True)
    organisation = ForeignKey(references=Organisation, null=False, on_delete=OnDelete.restrict)
    key = Varchar(length=255)
    request_hash = Varchar(length=64)
    body = Text()
    created_at = Timestamptz()


class RateAllowance(Table, db=ENGINE):
    """How much of a limit a caller has been given until `ends_at`; `granted` is the last block.

    Unlogged: a migration says so, Piccolo cannot.
    """

    caller = Varchar(length=120, primary_key=True)
    ends_at = Timestamptz()
    used = Integer()
    granted = Integer()
