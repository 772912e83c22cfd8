"""What the engines write differently of one and the same expression."""

import re

import ibis
import ibis.expr.types as ir

# How a dialect quotes names.
QUOTES = {"duckdb": '"', "pyspark": "`"}
_DECIMAL = re.compile(r"(?<![\w.'`])(\d+\.\d+)(?![\w.'`])")


def compiled(expression: ir.Table, dialect: str) -> str:
    """The expression as text in this dialect.

    Spark takes 0.5 for a decimal number of six places at the most once two have been multiplied;
    0.5D is what everybody else means.
    """
    text = str(ibis.to_sql(expression, dialect=dialect, pretty=False))
    return _DECIMAL.sub(r"\1D", text) if dialect == "pyspark" else text
