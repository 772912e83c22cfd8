"""The exceptions that reach a person, each with the HTTP status that describes it.

`code` is stable and meant for programs; `message` is an English msgid with named
`{placeholders}` that the edge translates before it fills them in.
"""

from typing import ClassVar

import msgspec


class Fault(msgspec.Struct, frozen=True):
    """One thing wrong with the input: where (JSON pointer), which, and how to mend it."""

    pointer: str
    code: str
    message: str


class Bilingual(msgspec.Struct, frozen=True):
    """A parameter of a message that reads differently in Chinese and English."""

    zh: str
    en: str

    def __str__(self) -> str:
        return self.en


class SteelyardError(Exception):
    """Root of the tree; never raised itself."""

    status: ClassVar[int] = 500
    headers: dict[str, str] | None = None
    """What the answer carries beside its body."""

    def __init__(
        self, code: str, message: str, /, *, faults: tuple[Fault, ...] = (), **params: object
    ) -> None:
        self.code = code
        self.message = message
        self.params = params
        self.faults = faults
        super().__init__(message.format(**params))


class Malformed(SteelyardError):
    """The request cannot be understood at all."""

    status = 400


class NotSignedIn(SteelyardError):
    status = 401


class Forbidden(SteelyardError):
    status = 403


class NotFound(SteelyardError):
    """Missing, or another tenant's: the two are never told apart."""

    status = 404


class NotAcceptable(SteelyardError):
    """No form of the answer is one that the request takes."""

    status = 406


class Conflict(SteelyardError):
    """The thing is not in a state that allows the act."""

    status = 409


class Stale(SteelyardError):
    """Somebody else has changed the thing since it was read."""

    status = 412


class TooLarge(SteelyardError):
    status = 413


class UnsupportedMedia(SteelyardError):
    """The body is of a type that is not read here."""

    status = 415


class Refused(SteelyardError):
    """Understood, and a rule says no; the message carries the rule's workings."""

    status = 422


class Unconditional(SteelyardError):
    """A change of a shared thing that does not say which version it is a change of."""

    status = 428


class TooMany(SteelyardError):
    """Asked too often; `headers` says in how many seconds to come again."""

    status = 429

    def __init__(
        self,
        code: str,
        message: str,
        /,
        *,
        seconds: int,
        faults: tuple[Fault, ...] = (),
        **params: object,
    ) -> None:
        super().__init__(code, message, faults=faults, seconds=seconds, **params)
        self.headers = {"Retry-After": str(seconds)}


class Unavailable(SteelyardError):
    status = 503
