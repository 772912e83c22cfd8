"""What an uploaded file may be, told from its bytes, and what it may be called.

A name proves nothing, and neither does a type that the sender states: the first bytes decide, and
for what lies in a ZIP container the names of its parts. Nothing is ever unpacked, so a bomb stays
shut. Whatever else a file may also be, it is only ever sent back as an attachment of its kind.
"""

import re
import unicodedata
from pathlib import PurePosixPath

import msgspec

from ratings.ledger.errors import Refused

WINDOW = 64 * 1024
"""Bytes at either end of a file in which it must show what it is: a ZIP lists its parts last."""
_LONGEST_NAME = 190
_ZIP = b"PK\x03\x04"
_OFFICE = "application/vnd.openxmlformats-officedocument."
# The names of devices, which Windows takes for the device whatever follows the dot.
_DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)\s*(\.|$)", re.IGNORECASE)
_NOT_IN_NAMES = re.compile(r'[<>:"|?*]')
# Word, Excel and PowerPoint keep their programs in a part of this name.
_MACROS = b"vbaProject.bin"


class Kind(msgspec.Struct, frozen=True):
    """`starts` are possible first bytes, after blanks where they are text; all of `parts` must be
    read near either end of the file: a container lists them there."""

    content_type: str
    starts: tuple[bytes, ...]
    parts: tuple[bytes, ...] = ()
    text: bool = False


_JPEG = Kind("image/jpeg", (b"\xff\xd8\xff",))
_TIFF = Kind("image/tiff", (b"II*\0", b"MM\0*"))
KINDS = {
    ".pdf": Kind("application/pdf", (b"%PDF-",)),
    ".ofd": Kind("application/ofd", (_ZIP,), (b"OFD.xml",)),
    ".docx": Kind(
        f"{_OFFICE}wordprocessingml.document", (_ZIP,), (b"[Content_Types].xml", b"word/")
    ),
    ".xlsx": Kind(f"{_OFFICE}spreadsheetml.sheet", (_ZIP,), (b"[Content_Types].xml", b"xl/")),
    ".pptx": Kind(
        f"{_OFFICE}presentationml.presentation", (_ZIP,), (b"[Content_Types].xml", b"ppt/")
    ),
    ".zip": Kind("application/zip", (_ZIP,)),
    ".dwg": Kind("image/vnd.dwg", (b"AC10",)),
    ".dxf": Kind("image/vnd.dxf", (b"AutoCAD Binary DXF\r\n", b"0", b"999"), (b"SECTION",), True),
    ".png": Kind("image/png", (b"\x89PNG\r\n\x1a\n",)),
    ".jpg": _JPEG,
    ".jpeg": _JPEG,
    ".tif": _TIFF,
    ".tiff": _TIFF,
}


def safe_name(filename: str) -> str:
    """The last part of a path as a name that every system takes for a name, and shows as it is.

    Characters that nobody sees go: among them are those that turn the reading direction, so that
    “gpj.exe” is read as something else than it is. The ending survives a cut.
    """
    composed = unicodedata.normalize("NFC", filename.replace("\\", "/"))
    last = composed.rstrip("/").rsplit("/", 1)[-1]
    seen = "".join(one for one in last if unicodedata.category(one)[0] != "C")
    name = _NOT_IN_NAMES.sub("_", seen)[-_LONGEST_NAME:].strip(" .\u3000")
    return f"_{name}" if _DEVICE.match(name) else name


def kind_of(name: str, start: bytes) -> Kind:
    """The kind of the name's ending, if the file begins like one; Refused otherwise."""
    kind = KINDS.get(PurePosixPath(name).suffix.lower())
    if kind is None:
        raise Refused(
            "file-kind-unknown",
            "A file is one of {kinds}; “{name}” is not.",
            kinds=", ".join(sorted(KINDS)),
            name=name,
        )
    if not (start.lstrip(b" \t\r\n") if kind.text else start).startswith(kind.starts):
        raise _mismatch(name)
    return kind


def check_parts(name: str, kind: Kind, ends: bytes) -> None:
    """Refused for a container that does not name its parts, or names a program among them.

    `ends` are the bytes at both ends of the file.
    """
    if kind.parts and (_MACROS in ends or not all(part in ends for part in kind.parts)):
        raise _mismatch(name)


def _mismatch(name: str) -> Refused:
    return Refused(
        "file-kind-mismatch",
        "“{name}” is not what its ending says; please export it again and upload that.",
        name=name,
    )
