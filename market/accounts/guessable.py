"""Whether a password is among the first that a machine would try, and why.

The estimate is zxcvbn's, which knows the passwords of great leaks, names, words, rows of keys,
dates, and what is known of the person. It needs no network.
"""

import re

from pypinyin import lazy_pinyin
from zxcvbn import zxcvbn

from ratings.ledger.errors import Refused
from ratings.ledger.text import N_

# zxcvbn's second-highest class: more than 10⁸ guesses.
_ENOUGH = 3
# It reads no more, and what comes after can only make a password harder to guess. Of one that is
# full of signs which may stand for letters it reads less: it would try every reading of them.
_READ, _READ_OF_SIGNS = 72, 20
_SIGNS, _MOST_SIGNS = frozenset("0123456789@({[<&#!|$+%"), 12
_WORD = re.compile(r"\W+")

# One whole sentence for each reason: a translation cannot be pieced together.
_SENTENCES = {
    "user_inputs": N_(
        "This password is easy to guess: it is built from your name, your sign-in name or your"
        " organisation. Choose a sentence that only you would think of."
    ),
    "passwords": N_(
        "This password is easy to guess: it is, or begins with, one of the most common passwords."
        " Choose a sentence that only you would think of."
    ),
    "dictionary": N_(
        "This password is easy to guess: it is made of a few common words or names."
        " Choose a sentence that only you would think of."
    ),
    "spatial": N_(
        "This password is easy to guess: it follows the keys of the keyboard."
        " Choose a sentence that only you would think of."
    ),
    "repeat": N_(
        "This password is easy to guess: it repeats itself."
        " Choose a sentence that only you would think of."
    ),
    "sequence": N_(
        "This password is easy to guess: it is a sequence like abc or 123."
        " Choose a sentence that only you would think of."
    ),
    "date": N_(
        "This password is easy to guess: it is built from a date."
        " Choose a sentence that only you would think of."
    ),
    "bruteforce": N_(
        "This password is easy to guess: it is too short for what it is made of."
        " Choose a sentence that only you would think of."
    ),
}


def check_guessable(password: str, personal: tuple[str, ...]) -> None:
    """Refused when a machine would soon have it; the sentence says why.

    `personal` is what is known of the person: sign-in name, name, organisation.
    """
    signs = len(_SIGNS.intersection(password))
    read = password[: _READ_OF_SIGNS if signs > _MOST_SIGNS else _READ]
    found = zxcvbn(read, user_inputs=_inputs(personal))
    if found["score"] < _ENOUGH:
        raise Refused("password-guessable", _SENTENCES[_reason(found["sequence"])])


def _inputs(personal: tuple[str, ...]) -> list[str]:
    """The words as they are and as a Latin keyboard has them."""
    words = {"steelyard"}
    for text in personal:
        words.add(text)
        words.update(_WORD.split(text))
        words.add("".join(lazy_pinyin(text)))
    return sorted(word.casefold() for word in words if len(word) > 1)


def _reason(sequence: list[dict[str, object]]) -> str:
    """What the longest part of the password is."""
    longest = max(sequence, key=lambda part: len(str(part["token"])))
    if longest["pattern"] != "dictionary":
        return str(longest["pattern"]) if longest["pattern"] in _SENTENCES else "dictionary"
    name = str(longest["dictionary_name"])
    return name if name in _SENTENCES else "dictionary"
