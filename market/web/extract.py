"""Collect the msgids of templates and code and bring the Chinese catalogue up to date.

    python -m market.web.extract          write what is new into messages.po, list what is missing
    python -m market.web.extract --check  write nothing; fail if anything is missing or wrong

Found are `_("…")` and `ngettext("…", "…", n)` in templates; in Python `N_("…")`, the message of
every exception of `ratings.ledger.errors` (also where it is a constant of its module), the values
of a mapping whose name ends in `_TEXT`, and a code and its sentence in one tuple.
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po
from jinja2 import Environment
from jinja2.ext import extract_from_ast

from market.web.text import LOCALE_DIR
from ratings.ledger import errors

ROOT = Path(__file__).parents[2]
PO_FILE = LOCALE_DIR / "zh" / "LC_MESSAGES" / "messages.po"
Msgid = str | tuple[str, str]

# Where the msgid stands among the positional arguments, and its name as a keyword.
_ERRORS = {
    name: ((1,), "message")
    for name, value in vars(errors).items()
    if isinstance(value, type) and issubclass(value, errors.SteelyardError)
}
_CALLS: dict[str, tuple[tuple[int, ...], str]] = {
    **_ERRORS,
    "Fault": ((2,), "message"),
    "Unreadable": ((1,), "message"),
    "N_": ((0,), "msgid"),
    "_": ((0,), "msgid"),
    "gettext": ((1,), "msgid"),
    "ngettext": ((1, 2), ""),
}

# A stable code and its sentence side by side, as checks return them.
_CODE = re.compile(r"[a-z]+(-[a-z]+)+")
_SENTENCE = re.compile(r"[A-Z“{].*[.?]", re.DOTALL)
_PLACEHOLDER = re.compile(r"{(\w*)[^}]*}")
_HAN = "[\u3400-\u9fff]"
_HALF_WIDTH = re.compile(
    rf"{_HAN}\s*[,;:!?()](?=\s*{_HAN}|\s|$)|[,;:!?]\s*{_HAN}|{_HAN}\.(?=\s*{_HAN}|\s|$)"
    rf"|\([^()]*{_HAN}[^()]*\)"
)


def in_python(source: str) -> Iterator[tuple[int, Msgid]]:
    """Line and msgid of every text for people, in the order of the file."""
    tree = ast.parse(source)
    constants = dict(_constants(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from _in_call(node, constants)
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict):
            if any(
                isinstance(name, ast.Name) and name.id.endswith("_TEXT") for name in node.targets
            ):
                for value in node.value.values:
                    if text := _literal(value, constants):
                        yield value.lineno, text
        elif isinstance(node, ast.Tuple) and len(node.elts) == 2:
            code, text = (_literal(element, {}) for element in node.elts)
            if _CODE.fullmatch(code) and _SENTENCE.fullmatch(text):
                yield node.lineno, text


def _constants(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Module-level names that stand for a text."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and (text := _literal(node.value, {})):
            for name in node.targets:
                if isinstance(name, ast.Name):
                    yield name.id, text


def _literal(node: ast.expr, constants: dict[str, str]) -> str:
    if isinstance(node, ast.Name):
        return constants.get(node.id, "")
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _in_call(node: ast.Call, constants: dict[str, str]) -> Iterator[tuple[int, Msgid]]:
    function = node.func
    name = function.attr if isinstance(function, ast.Attribute) else ""
    name = function.id if isinstance(function, ast.Name) else name
    if name not in _CALLS:
        return
    places, keyword = _CALLS[name]
    found = [node.args[at] for at in places if at < len(node.args)]
    found += [word.value for word in node.keywords if word.arg == keyword]
    texts = [text for argument in found if (text := _literal(argument, constants))]
    if len(texts) == len(places):
        yield node.lineno, texts[0] if len(texts) == 1 else (texts[0], texts[1])


def in_template(source: str) -> Iterator[tuple[int, Msgid]]:
    tree = Environment(extensions=["jinja2.ext.do"]).parse(source)
    for line, function, message in extract_from_ast(tree, ("_", "ngettext")):
        texts = [message] if isinstance(message, str) else [text or "" for text in message or ()]
        if function == "ngettext" and len(texts) > 1 and texts[0] and texts[1]:
            yield line, (texts[0], texts[1])
        elif function == "_" and texts and texts[0]:
            yield line, texts[0]


def collect(root: Path = ROOT) -> Catalog:
    """Every msgid of the two wings, each with the files it stands in."""
    found = Catalog(locale="zh", fuzzy=False)
    for path in sorted((*root.glob("market/**/*.py"), *root.glob("ratings/**/*.py"))):
        for _, msgid in in_python(path.read_text("utf-8")):
            found.add(msgid, locations=[(path.relative_to(root).as_posix(), 0)])
    for path in sorted(root.glob("market/web/templates/**/*.html")):
        for _, msgid in in_template(path.read_text("utf-8")):
            found.add(msgid, locations=[(path.relative_to(root).as_posix(), 0)])
    return found


def chinese() -> Catalog:
    if not PO_FILE.exists():
        return Catalog(locale="zh", fuzzy=False)
    with PO_FILE.open("rb") as file:
        return read_po(file, locale="zh")


def _texts(value: str | tuple[str, ...] | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def half_width(text: str) -> list[str]:
    """The places where Chinese is punctuated as if it were English."""
    return [match.group() for match in _HALF_WIDTH.finditer(text)]


def complaints(wanted: Catalog, translated: Catalog) -> list[str]:
    """What is missing or wrong, one line each."""
    lines = []
    for message in wanted:
        if not message.id:
            continue
        msgid = _texts(message.id)[0]
        ours: Message | None = translated.get(msgid)
        strings = _texts(ours.string) if ours is not None else []
        if not strings or not all(strings):
            lines.append(f"no Chinese: {msgid!r}")
            continue
        allowed = {frozenset(_PLACEHOLDER.findall(one)) for one in _texts(message.id)}
        for text in strings:
            if frozenset(_PLACEHOLDER.findall(text)) not in allowed:
                lines.append(f"placeholders differ: {msgid!r}")
            lines.extend(f"half-width punctuation {mark!r}: {text}" for mark in half_width(text))
    return lines


def update(wanted: Catalog, translated: Catalog) -> None:
    """Write messages.po: what is wanted, with the Chinese there is; the unused is dropped."""
    fresh = Catalog(locale="zh", project="Steelyard", charset="utf-8", fuzzy=False)
    fresh.header_comment = "# Chinese texts of Steelyard. Kept by market.web.extract."
    fresh.creation_date = translated.creation_date
    fresh.revision_date = translated.creation_date
    for message in wanted:
        if message.id:
            old = translated.get(_texts(message.id)[0])
            string = old.string if old is not None else ""
            fresh.add(message.id, string, locations=message.locations)
    PO_FILE.parent.mkdir(parents=True, exist_ok=True)
    with PO_FILE.open("wb") as file:
        write_po(file, fresh, width=100, sort_output=True, include_lineno=False)


def main() -> int:
    wanted, translated = collect(), chinese()
    if "--check" not in sys.argv:
        update(wanted, translated)
    lines = complaints(wanted, translated)
    print("\n".join([*lines, f"{len(wanted)} texts, {len(lines)} complaints"]))
    return 1 if lines else 0


if __name__ == "__main__":
    raise SystemExit(main())
