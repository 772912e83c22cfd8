"""What makes an agency's name findable: two-character pieces, pinyin and initials."""

import unicodedata

from pypinyin import Style, lazy_pinyin


def normalise(text: str) -> str:
    """NFKC, lower case and no blanks, so that look-alikes and full-width letters meet."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def written(text: str) -> str:
    """A name as it is kept: every letter and character in its own form, nothing unseen in it.

    Full-width letters and Kangxi radicals become what they stand for. Full-width punctuation stays:
    the brackets of a Chinese firm's name are so on its licence.
    """
    composed = unicodedata.normalize("NFC", text)
    kept = (
        one if unicodedata.category(one)[0] == "P" else unicodedata.normalize("NFKC", one)
        for one in composed
        if unicodedata.category(one)[0] != "C" or one.isspace()
    )
    return " ".join(unicodedata.normalize("NFC", "".join(kept)).split())


def bigrams(text: str) -> list[str]:
    """Every two neighbouring characters once, in order."""
    plain = normalise(text)
    return list(dict.fromkeys(plain[i : i + 2] for i in range(len(plain) - 1)))


def pinyin(text: str) -> str:
    return "".join(lazy_pinyin(normalise(text)))


def initials(text: str) -> str:
    return "".join(lazy_pinyin(normalise(text), style=Style.FIRST_LETTER))
