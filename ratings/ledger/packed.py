"""How large a packed file would be unpacked, asked before anybody unpacks it."""

import re
import zipfile
import zlib
from typing import BinaryIO

from ratings.ledger.errors import Refused

# What other kinds of workbook keep their cells in; their reader would be chosen in silence, and
# nothing here says how far they reach.
_OTHERS = ("content.xml", "xl/workbook.bin")
_COLUMN = re.compile(rb"""\sr\s*=\s*["']([A-Za-z]{1,7})""")
_LINE = re.compile(rb"""\sr\s*=\s*["'][A-Za-z]{0,7}([0-9]{1,9})""")
_ROW = re.compile(rb"<(?:\w+:)?row[\s/>]")
_CELL = re.compile(rb"<(?:\w+:)?c[\s/>]")


def unpacked_size(stream: BinaryIO) -> int:
    """In bytes, by what the archive says of its parts; zipfile.BadZipFile when it is none.

    Its word can be relied on: the reader of workbooks stops at a part that is larger than it says.
    The stream is at its start again afterwards.
    """
    with zipfile.ZipFile(stream) as package:
        size = sum(part.file_size for part in package.infolist())
    stream.seek(0)
    return size


def check_extent(stream: BinaryIO, most: int) -> None:
    """Refused for an Excel workbook with a sheet that spans more cells than `most`.

    Its reader makes room for all cells up to the last one, empty ones too, and where there is not
    enough the whole process ends: a file of five kilobytes with a cell at XFD1048576 asks for 512
    GB. Cells that do not say where they stand follow each other, so they are counted. The stream is
    at its start again afterwards.
    """
    with zipfile.ZipFile(stream) as package:
        names = package.namelist()
        try:
            spans = [0 if name in _OTHERS else _span(package.read(name)) for name in names]
        except (RuntimeError, EOFError, zlib.error) as error:
            # Encrypted, packed in a way that nobody here knows, or damaged.
            raise zipfile.BadZipFile(str(error)) from error
    stream.seek(0)
    if any(name in _OTHERS for name in names):
        raise zipfile.BadZipFile("another kind of workbook")
    widest = max(spans, default=0)
    if widest > most:
        raise Refused(
            "workbook-sprawls",
            "A sheet reaches over {cells} cells from the first to the last; {most} are allowed."
            " Often one cell far below or far to the right was filled by mistake: delete those rows"
            " and columns and save the file again.",
            cells=widest,
            most=most,
        )


def _span(part: bytes) -> int:
    rows = [len(_CELL.findall(row)) for row in _ROW.split(part)]
    width, height = max(rows), max(map(int, _LINE.findall(part)), default=0)
    height = max(height, len(rows) - 1)
    for letters in set(_COLUMN.findall(part)):
        column = 0
        for letter in letters.upper():
            column = column * 26 + letter - 64
        width = max(width, column)
    return width * height
