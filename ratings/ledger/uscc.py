"""The unified social credit code (统一社会信用代码) of GB 32100-2015, the name of every agency."""

from typing import NewType

from ratings.ledger.errors import Refused

Uscc = NewType("Uscc", str)

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_VALUE = {character: value for value, character in enumerate(ALPHABET)}
WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)


def check_character(first_seventeen: str) -> str:
    """The eighteenth character that belongs to the first seventeen (all of ALPHABET)."""
    total = sum(
        _VALUE[character] * weight
        for character, weight in zip(first_seventeen, WEIGHTS, strict=True)
    )
    return ALPHABET[(31 - total % 31) % 31]


def parse_uscc(text: str) -> Uscc:
    """The code, upper-cased and without surrounding blanks; Refused says what is wrong.

    Letters may stand anywhere: village co-operatives and some institutions begin with one.
    Only the six region characters (3 to 8) are digits by the standard.
    """
    code = text.strip().upper()
    if len(code) != 18:
        raise Refused(
            "uscc-length",
            "A unified social credit code has 18 characters; “{code}” has {length}.",
            code=code,
            length=len(code),
        )
    for place, character in enumerate(code, start=1):
        if character not in _VALUE:
            raise Refused(
                "uscc-character",
                "Character {place} of “{code}” is “{character}”; a unified social credit code"
                " is made of digits and capital letters other than I, O, S, V and Z.",
                code=code,
                place=place,
                character=character,
            )
    if not code[2:8].isdigit():
        raise Refused(
            "uscc-region",
            "Characters 3 to 8 of “{code}” are the region and must be digits.",
            code=code,
        )
    if check_character(code[:17]) != code[17]:
        raise Refused(
            "uscc-check",
            "“{code}” is mistyped: its last character does not fit the first seventeen."
            " Compare it with the business licence.",
            code=code,
        )
    return Uscc(code)
