"""Names that look the same and are not: a program flags them, a person at the centre decides.

Two names look alike when their skeletons are the same: compatibility forms are folded (NFKC: full
width, Kangxi radicals), what nobody sees is left out, and each character stands for all that
Unicode lists as confusable with it, and for those Chinese ones that differ from it by one short
stroke. Legitimate firms may have such names; that is why nothing is refused here.
"""

import unicodedata
from collections.abc import Iterable
from functools import cache

import msgspec
from confusable_homoglyphs import categories, confusables

# Ours: characters of firm names that a reader takes for each other. Unicode lists no such pairs.
_ONE_STROKE = "己已巳 未末 日曰 人入 千干于 戊戌戍 侯候 拆折析 免兔 大太 天夫 令今"
_EXPECTED = {"HAN", "LATIN"}
_SHARED = {"COMMON", "INHERITED"}


class Difference(msgspec.Struct, frozen=True):
    """`place` counts the visible characters of the name from 1; codes read U+4E00."""

    place: int
    here: str
    here_code: str
    there: str
    there_code: str


class LookAlike(msgspec.Struct, frozen=True):
    """An admitted agency whose name looks like this one; no differences: it is the same name."""

    uscc: str
    name: str
    differences: list[Difference]


class NameCheck(msgspec.Struct, frozen=True):
    """`scripts` are those a firm's name here has no use for, such as CYRILLIC; `unseen` the codes
    of its characters that nobody sees."""

    name: str
    scripts: list[str]
    unseen: list[str]
    alike: list[LookAlike]

    @property
    def remarkable(self) -> bool:
        return bool(self.scripts or self.unseen or self.alike)


def check_name(name: str, known: Iterable[tuple[str, str]]) -> NameCheck:
    """The name beside the (code, name) pairs of the agencies that are admitted."""
    wanted = skeleton(name)
    return NameCheck(
        name=name,
        scripts=sorted(categories.unique_aliases(name) - _EXPECTED - _SHARED),
        unseen=[code(one) for one in name if _unseen(one)],
        alike=[
            LookAlike(uscc, other, differences(name, other))
            for uscc, other in known
            if skeleton(other) == wanted
        ],
    )


def skeleton(name: str) -> str:
    """What a hasty reader sees. Two names are confusable when theirs are equal."""
    return "".join(_looks().get(one, one) for one in _folded(name))


def differences(here: str, there: str) -> list[Difference]:
    """Where two names of one skeleton differ; blanks and what nobody sees do not count."""
    return [
        Difference(place, mine, code(mine), theirs, code(theirs))
        for place, (mine, theirs) in enumerate(
            zip(_visible(here), _visible(there), strict=False), start=1
        )
        if mine != theirs
    ]


def code(character: str) -> str:
    return f"U+{ord(character):04X}"


def _visible(name: str) -> list[str]:
    composed = unicodedata.normalize("NFC", name)
    return [one for one in composed if not one.isspace() and not _unseen(one)]


def _folded(text: str) -> str:
    """Without case, compatibility forms, blanks and what nobody sees; folding is done twice because
    each of its two steps may call for the other."""
    for _ in range(2):
        text = unicodedata.normalize("NFKC", "".join(_visible(text))).casefold()
    return "".join(_visible(text))


def _unseen(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cf", "Cn", "Co")


@cache
def _looks() -> dict[str, str]:
    """Character → the least one of all that look like it, directly or by way of another."""
    least: dict[str, str] = {}

    def find(one: str) -> str:
        while least.get(one, one) != one:
            one = least[one]
        return one

    def join(one: str, other: str) -> None:
        first, second = sorted((find(one), find(other)))
        least[first] = least[second] = first

    for one, alike in confusables.confusables_data.items():
        for other in alike:
            first, second = _folded(one), _folded(other["c"])
            if len(first) == len(second) == 1:
                join(first, second)
    for group in _ONE_STROKE.split():
        for other in group[1:]:
            join(group[0], other)
    return {one: find(one) for one in least}
