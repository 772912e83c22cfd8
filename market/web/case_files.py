"""What the pages of a case show to both sides, and its files."""

from typing import Any, cast

from litestar import get
from litestar.params import FromPath
from litestar.response import Stream

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.files.kinds import KINDS
from market.files.store import open_store, read_file
from market.settings import Settings
from market.web.downloads import attachment
from ratings.ledger.actors import Actor, Role
from ratings.sanctions.documents import documents, stored_document
from ratings.sanctions.queries import CaseRow
from ratings.sanctions.rectification_queries import visible_rectification
from ratings.sanctions.rules import PENDING


async def rectifying(request: Asking, who: Actor, case: CaseRow) -> dict[str, Any]:
    """For the templates: what was ordered, the files, and what a file may be."""
    return {
        "rectification": await visible_rectification(who, case.id),
        "documents": await documents(who, case.id),
        "takes_files": case.state in PENDING,
        "file_endings": ",".join(KINDS),
        "most_mb": _settings(request).max_upload_bytes // (1024 * 1024),
    }


def _settings(request: Asking) -> Settings:
    return cast(Settings, request.app.state.settings)


@get("/case-documents/{identifier:str}", **allow(Role.AGENCY, Role.SUPERVISOR, Role.CENTRE))
async def download_document(request: Asking, identifier: FromPath[str]) -> Stream:
    """Always as an attachment: nothing a party uploads is ever shown inside this site."""
    file = await stored_document(actor(request), identifier)
    store = open_store(_settings(request).files)
    return attachment(
        read_file(store, file.storage_key),
        filename=file.filename,
        media_type=file.content_type,
        size=file.size,
        sha256=file.sha256,
    )


ROUTES = [download_document]
