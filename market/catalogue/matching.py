"""Where a few words meet the texts of a thing: Chinese, pinyin and initials, English, numbers.

A word is found in a text when it stands in it. Chinese is also found by characters in the same
order with others between them, as people shorten a name (环评 for 环境影响评价), and by its sound:
each character by a whole reading or by the first letter of one, every reading of a heteronym. All
words must be found, each in any of the texts. What was found is kept as spans, to be shown.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from enum import StrEnum
from functools import lru_cache

import msgspec
from pypinyin import Style, pinyin

MOST_WORDS = 8
SPOKEN = ("name", "field", "approval")
"""Texts that are also found by their sound and shortened; a document is looked for as written."""


class How(StrEnum):
    """How a word was found, the closest first."""

    EXACT = "exact"
    WRITTEN = "written"
    SOUND = "sound"
    SHORTENED = "shortened"

    @property
    def distance(self) -> int:
        return tuple(How).index(self)


class Text(msgspec.Struct, frozen=True):
    """One text of a thing; `where` says which."""

    where: str
    text: str


class Match(msgspec.Struct, frozen=True):
    """A text in which a word was found; `spans` are the characters found, start and end."""

    where: str
    text: str
    how: How
    spans: tuple[tuple[int, int], ...]


@lru_cache(maxsize=50_000)
def plain(text: str) -> str:
    """Full-width and capital letters as small ones, character by character: spans stay true."""
    return "".join(_plain(one) for one in text)


def _plain(one: str) -> str:
    small = unicodedata.normalize("NFKC", one).casefold()
    return small if len(small) == 1 else one


def words(text: str) -> tuple[str, ...]:
    """What is looked for, word by word; beyond a number of words the rest is left out."""
    return tuple(dict.fromkeys(plain(text).split()))[:MOST_WORDS]


def match(wanted: Sequence[str], texts: Iterable[Text]) -> tuple[Match, ...] | None:
    """The best place of each word, or None where a word is found nowhere."""
    texts = tuple(texts)
    found = []
    for word in wanted:
        places = [one for text in texts if (one := _find(word, text))]
        if not places:
            return None
        found.append(min(places, key=lambda one: one.how.distance))
    return tuple(found)


def _find(word: str, text: Text) -> Match | None:
    written = plain(text.text)
    if written and word == written:
        return Match(text.where, text.text, How.EXACT, ((0, len(written)),))
    if text.where == "code":
        same = word.isdigit() and word.zfill(len(written)) == written
        return Match(text.where, text.text, How.EXACT, ((0, len(written)),)) if same else None
    if (start := _stands(word, written)) >= 0:
        return Match(text.where, text.text, How.WRITTEN, ((start, start + len(word)),))
    if word.isascii():
        return _heard(word, text, written) if len(word) > 1 and word.isalpha() else None
    if text.where in SPOKEN and len(word) > 1 and (spans := _in_order(word, written)):
        return Match(text.where, text.text, How.SHORTENED, spans)
    return None


def _heard(word: str, text: Text, written: str) -> Match | None:
    if text.where not in SPOKEN:
        return None
    sounds = readings(written)
    if spoken := _sounds(word, sounds):
        return Match(text.where, text.text, How.SOUND, (spoken,))
    if len(spans := _sounds_in_order(word, sounds, 0)) > 1:
        return Match(text.where, text.text, How.SHORTENED, spans)
    return None


def _stands(word: str, written: str) -> int:
    """Where the word stands, or -1. Letters count from the beginning of a word, numbers whole."""
    start = written.find(word)
    while start >= 0 and _cut(word, written, start):
        start = written.find(word, start + 1)
    return start


def _cut(word: str, written: str, start: int) -> bool:
    """Whether the word stands there only as a piece of a longer word or number."""
    before, after = written[:start][-1:], written[start + len(word) :][:1]
    if _letter(word[0]) and _letter(before):
        return True
    return (word[0].isdigit() and before.isdigit()) or (word[-1].isdigit() and after.isdigit())


def _letter(one: str) -> bool:
    return one.isascii() and one.isalpha()


def _in_order(word: str, written: str) -> tuple[tuple[int, int], ...]:
    spans, after = [], 0
    for one in word:
        at = written.find(one, after)
        if at < 0:
            return ()
        spans.append((at, at + 1))
        after = at + 1
    return tuple(spans)


@lru_cache(maxsize=50_000)
def readings(text: str) -> tuple[frozenset[str], ...]:
    """Every reading of each character; nothing for what has no sound."""
    return tuple(_alone(one) for one in text)


@lru_cache(maxsize=30_000)
def _alone(one: str) -> frozenset[str]:
    if one.isascii():
        return frozenset()
    found = pinyin(one, style=Style.NORMAL, heteronym=True, errors="ignore")
    return frozenset(found[0]) if found else frozenset()


def _sounds(word: str, sounds: tuple[frozenset[str], ...]) -> tuple[int, int] | None:
    """The characters that sound like the word, the last of them perhaps not typed to its end."""
    for start, found in enumerate(sounds):
        begins = any(reading[0] == word[0] for reading in found)
        if begins and (end := _spoken(word, sounds, start)) is not None:
            return start, end
    return None


def _spoken(word: str, sounds: tuple[frozenset[str], ...], start: int) -> int | None:
    """Where the word is used up, reading the characters from `start`; None where it is not.

    The places in the word that each character may begin at are kept as a set: no branch is
    walked twice.
    """
    open_at = {0}
    for place in range(start, len(sounds)):
        after = set[int]()
        for at in open_at:
            for reading in sounds[place]:
                if reading.startswith(word[at:]):
                    return place + 1
                if word.startswith(reading, at):
                    after.add(at + len(reading))
                if word[at] == reading[0]:
                    after.add(at + 1)
        open_at = after
        if not open_at:
            return None
    return None


def _sounds_in_order(
    word: str, sounds: tuple[frozenset[str], ...], start: int
) -> tuple[tuple[int, int], ...]:
    """Characters with others between them whose whole readings make the word (huanping)."""
    for place in range(start, len(sounds)):
        for reading in sounds[place]:
            if word == reading:
                return ((place, place + 1),)
            if word.startswith(reading) and (
                rest := _sounds_in_order(word[len(reading) :], sounds, place + 1)
            ):
                return ((place, place + 1), *rest)
    return ()
