"""Files that leave the house: always as an attachment, under a name that is nothing but a name."""

import hashlib
from collections.abc import AsyncIterator
from urllib.parse import quote

from litestar.response import Stream

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def content_disposition(filename: str) -> str:
    """The name is encoded as RFC 8187 wants, so that no character of it can end the header or
    begin a path, whatever somebody called the file."""
    return f"attachment; filename*=UTF-8''{quote(filename, safe='')}"


def attachment(
    pieces: AsyncIterator[bytes], *, filename: str, media_type: str, size: int, sha256: str
) -> Stream:
    """`size` in bytes; the hash of the content is its entity tag."""
    return Stream(
        pieces,
        media_type=media_type,
        headers={
            "Content-Disposition": content_disposition(filename),
            "Content-Length": str(size),
            "ETag": f'"{sha256}"',
        },
    )


def workbook(content: bytes, filename: str) -> Stream:
    """An Excel workbook that lies in memory."""

    async def whole() -> AsyncIterator[bytes]:
        yield content

    return attachment(
        whole(),
        filename=filename,
        media_type=WORKBOOK,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
    )
