"""A file of the catalogue becomes drafts and proposals, or every wrong cell is named."""

from typing import Any

from litestar import Response, get, post
from litestar.datastructures import UploadFile

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.catalogue.edition_actions import NewEdition
from market.oversight.catalogue_files import MOST_BYTES, Form
from market.oversight.importing import PARTS, Imported, RowsRefused, import_catalogue
from market.web import text
from market.web.forms import Form as Submitted
from market.web.forms import refusal, submitted
from market.web.render import locale_of, page
from ratings.ledger.actors import Role
from ratings.ledger.errors import Refused, SteelyardError
from ratings.ledger.text import N_

_HERE = "/console/catalogue-imports"
_PARTS = {
    "items": N_("Service items"),
    "packages": N_("Packages"),
    "county-ranges": N_("County ranges"),
}
_LEADS_TO = {"packages": "/console/packages", "county-ranges": "/console/ranges"}
_ENDINGS: dict[str, Form] = {".xlsx": "xlsx", ".csv": "csv", ".json": "json"}


def _page(
    request: Asking,
    form: Submitted,
    error: SteelyardError | None = None,
    made: Imported | None = None,
) -> Response[str]:
    wrong = error.rows if isinstance(error, RowsRefused) else made.left_out if made else []
    return page(
        request,
        "centre/catalogue_imports.html",
        status=error.status if error else 200,
        typed=form.typed,
        wrong=[
            (one.row, one.column, text.error_text(locale_of(request), one.error)) for one in wrong
        ],
        made=made,
        parts=[(one, _PARTS[one]) for one in PARTS],
        leads_to=_LEADS_TO,
        endings=",".join(_ENDINGS),
        most_mb=MOST_BYTES // (1024 * 1024),
        **refusal(request, error, {"title-missing": "title_zh", "reason-missing": "note_zh"}),
    )


@get(_HERE, **allow(Role.CENTRE))
async def imports(request: Asking) -> Response[str]:
    return _page(request, Submitted({}))


@post(f"{_HERE}/file", **allow(Role.CENTRE))
async def import_file(request: Asking) -> Response[Any]:
    """The answer names what was left out, so it is a page and no redirection."""
    form = await submitted(request)
    file = (await request.form()).get("file")
    try:
        if not isinstance(file, UploadFile) or not file.filename:
            raise Refused("file-missing", "Choose a file first.")
        ending = f".{file.filename.rsplit('.', 1)[-1].lower()}"
        if ending not in _ENDINGS:
            raise Refused(
                "import-ending",
                "The file is one of {kinds}; “{name}” is not.",
                kinds=", ".join(_ENDINGS),
                name=file.filename,
            )
        made = await import_catalogue(
            actor(request),
            form.choice("part", *PARTS),
            await file.read(MOST_BYTES + 1),
            _ENDINGS[ending],
            NewEdition(form.text("title_zh"), form.text("note_zh")),
            leave_out_bad=form.text("leave_out_bad") == "on",
        )
    except SteelyardError as error:
        return _page(request, form, error)
    return _page(request, Submitted({}), made=made)


ROUTES = [imports]
UPLOADS = [import_file]
