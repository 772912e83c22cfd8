"""Chinese that people read has full-width punctuation, wherever it is written."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HALF_WIDTH = re.compile(r"[一-鿿][,:;?!(]|[,;)][一-鿿]")
SOURCES = sorted(path for wing in ("market", "ratings") for path in (ROOT / wing).rglob("*.py"))
DATA = sorted(path for wing in ("market", "ratings") for path in (ROOT / wing).rglob("*.toml"))


def strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)


def literals(tree: ast.AST) -> Iterator[str]:
    """Every string of the code but its docstrings, which developers read in English."""
    documentation = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in documentation
        ):
            yield node.value


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_code(path: Path) -> None:
    found = [text for text in literals(ast.parse(path.read_text())) if HALF_WIDTH.search(text)]
    assert found == []


@pytest.mark.parametrize("path", DATA, ids=lambda path: str(path.relative_to(ROOT)))
def test_data(path: Path) -> None:
    found = [text for text in strings(tomllib.loads(path.read_text())) if HALF_WIDTH.search(text)]
    assert found == []
