"""The catalogue from a file, as drafts and proposals that a second person adopts."""

import hashlib
from typing import Any, NoReturn

import msgspec
from litestar import post
from litestar.datastructures import UploadFile
from litestar.params import FromQuery, MultipartBody

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.accounts.scopes import in_person
from market.api.problems import api_locale
from market.api.repeats import IdempotencyKey, answer_once
from market.catalogue.edition_actions import NewEdition
from market.oversight import importing
from market.oversight.catalogue_files import MOST_BYTES, Form
from market.oversight.importing import PARTS, BadRow, Part, RowsRefused
from market.web import text
from ratings.ledger.actors import Role
from ratings.ledger.errors import Fault, Malformed, Refused

_FORMS: tuple[Form, ...] = ("xlsx", "csv", "json")
_NAMES: dict[str, tuple[Part, Form]] = {
    f"{part}.{form}": (part, form) for part in PARTS for form in _FORMS
}


class LeftOut(msgspec.Struct, frozen=True):
    """A line that was not taken; `column` is empty where no single one is to blame."""

    row: int
    column: str
    code: str
    message: str


class CatalogueImport(msgspec.Struct, frozen=True):
    """What the file has become. `edition` is null for packages and county ranges."""

    part: Part
    edition: str | None
    changes: int
    unchanged: int
    left_out: list[LeftOut]


@post(
    "/catalogue-imports",
    operation_id="catalogue_import",
    summary="Draft an edition, packages or county ranges from a file as it is exported",
    tags=["catalogue"],
    **allow(Role.CENTRE),
    **in_person(),
)
async def import_catalogue(
    request: Asking,
    note_zh: FromQuery[str],
    data: MultipartBody[dict[str, Any]],
    title_zh: FromQuery[str] = "",
    leave_out_bad: FromQuery[bool] = False,
    idempotency_key: IdempotencyKey = None,
) -> CatalogueImport:
    """One part, a file whose name says what it is: items, packages or county-ranges, with .xlsx,
    .csv or .json. All of its lines are taken or none, and the answer names every line that cannot
    be; with `leave_out_bad` the others are taken without it. Items become the draft of an edition,
    packages drafts of their next versions, ranges proposals; the catalogue itself changes when a
    second person adopts them."""
    who = actor(request)
    part, form, content = await _file(data)

    async def effect() -> CatalogueImport:
        try:
            made = await importing.import_catalogue(
                who,
                part,
                content,
                form,
                NewEdition(title_zh, note_zh),
                leave_out_bad=leave_out_bad,
            )
        except RowsRefused as refused:
            _refuse(request, refused)
        return CatalogueImport(
            made.part,
            made.edition,
            made.changes,
            made.unchanged,
            [_left_out(request, one) for one in made.left_out],
        )

    sent = f"{part}\n{title_zh}\n{note_zh}\n{hashlib.sha256(content).hexdigest()}".encode()
    return await answer_once(request, who, idempotency_key, CatalogueImport, effect, sent=sent)


async def _file(data: dict[str, Any]) -> tuple[Part, Form, bytes]:
    parts = list(data.values())
    part = parts[0] if len(parts) == 1 else None
    name = part.filename if isinstance(part, UploadFile) else ""
    if not isinstance(part, UploadFile) or name not in _NAMES:
        raise Malformed(
            "import-name",
            "Send one file, named {names}.",
            names=" / ".join(_NAMES),
        )
    return *_NAMES[name], await part.read(MOST_BYTES + 1)


def _left_out(request: Asking, bad: BadRow) -> LeftOut:
    message = text.error_text(api_locale(request), bad.error)
    return LeftOut(bad.row, bad.column, bad.error.code, message)


def _refuse(request: Asking, refused: RowsRefused) -> NoReturn:
    """The same refusal with its lines in the language of the caller."""
    told = [_left_out(request, one) for one in refused.rows]
    raise Refused(
        refused.code,
        refused.message,
        faults=tuple(
            Fault(f"/{one.row}/{one.column}".rstrip("/"), one.code, one.message) for one in told
        ),
        **refused.params,
    ) from refused


UPLOADS = [import_catalogue]
