"""An ibis expression of one row as a plain Python function, for scoring one firm at once.

An engine needs tens of milliseconds to plan what a page wants in one. So that the method is
still written once, the very expression the engine runs over a million firms is turned into
straight-line Python: one assignment for each distinct node, null as None. A property test holds
the two against each other; a node that is not in the table below is refused, never guessed.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import ibis.expr.operations as ops
import ibis.expr.types as ir

Row = Mapping[str, Any]
Function = Callable[[Row], dict[str, Any]]

# What each operation is in Python, given its arguments, none of which is None.
_STRICT: dict[type[ops.Node], str] = {
    ops.Add: "{0} + {1}",
    ops.Subtract: "{0} - {1}",
    ops.Multiply: "{0} * {1}",
    ops.Divide: "_divide({0}, {1})",
    ops.FloorDivide: "{0} // {1}",
    ops.Modulus: "{0} % {1}",
    ops.BitwiseAnd: "{0} & {1}",
    ops.BitwiseOr: "{0} | {1}",
    ops.BitwiseXor: "{0} ^ {1}",
    ops.BitwiseLeftShift: "{0} << {1}",
    ops.BitwiseRightShift: "{0} >> {1}",
    ops.Equals: "{0} == {1}",
    ops.NotEquals: "{0} != {1}",
    ops.Less: "{0} < {1}",
    ops.LessEqual: "{0} <= {1}",
    ops.Greater: "{0} > {1}",
    ops.GreaterEqual: "{0} >= {1}",
    ops.Not: "not {0}",
    ops.Negate: "-{0}",
    ops.Floor: "_math.floor({0})",
    ops.Ln: "_log({0})",
    ops.Log: "_log({0})",
    ops.Exp: "_exp({0})",
    ops.Lowercase: "{0}.lower()",
    ops.StringContains: "{1} in {0}",
    ops.StringConcat: "{0} + {1}",
    ops.ArrayLength: "len({0})",
    ops.ArraySort: "sorted({0})",
    ops.ArrayIndex: "_at({0}, {1})",
    ops.ExtractYear: "{0}.year",
    ops.ExtractMonth: "{0}.month",
}
_HELPERS: dict[str, Any] = {
    "_log": lambda value: math.log(value) if value > 0 else None,
    "_exp": math.exp,
    "_divide": lambda one, other: one / other if other else None,
    "_at": lambda values, place: values[place] if 0 <= place < len(values) else None,
    "_least": lambda *values: min((v for v in values if v is not None), default=None),
    "_greatest": lambda *values: max((v for v in values if v is not None), default=None),
    "_first": lambda *values: next((v for v in values if v is not None), None),
    "_whole": lambda value: value if isinstance(value, int) else math.floor(value + 0.5),
    "_math": math,
}


def plain(table: ir.Table, names: Iterable[str]) -> Function:
    """A function from a row of the table at the bottom of `table` to its columns `names`."""
    writer = _Writer()
    results = {name: writer.name(table[name].op()) for name in names}
    returned = ", ".join(f"{name!r}: {variable}" for name, variable in results.items())
    lines = [*writer.lines, f"return {{{returned}}}"]
    body = "\n".join(f"    {line}" for line in lines)
    space: dict[str, Any] = dict(_HELPERS) | writer.constants
    exec(f"def of(row):\n{body}", space)
    function: Function = space["of"]
    return function


class _Writer:
    """Writes each distinct node once and remembers the variable that holds it."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.constants: dict[str, Any] = {}
        self.known: dict[ops.Node, str] = {}

    def name(self, node: ops.Node) -> str:
        if isinstance(node, ops.Literal):
            return self.literal(node.value)
        if node not in self.known:
            text = self.text(node)
            self.known[node] = variable = f"v{len(self.known)}"
            self.lines.append(f"{variable} = {text}")
        return self.known[node]

    def text(self, node: ops.Node) -> str:
        match node:
            case ops.Alias():
                return self.name(node.arg)
            case ops.Field():
                below = node.rel
                if isinstance(below, ops.Project):
                    return self.name(below.values[node.name])
                if isinstance(below, ops.DropColumns):
                    return self.name(ops.Field(below.parent, node.name))
                if isinstance(below, ops.PhysicalTable):
                    return f"row[{node.name!r}]"
            case ops.And():
                one, two = self.name(node.left), self.name(node.right)
                return (
                    f"False if {one} is False or {two} is False else"
                    f" None if {one} is None or {two} is None else True"
                )
            case ops.Or():
                one, two = self.name(node.left), self.name(node.right)
                return (
                    f"True if {one} or {two} else None if {one} is None or {two} is None else False"
                )
            case ops.Array():
                return f"({', '.join(map(self.name, node.exprs))},)"
            case ops.IsNull():
                return f"{self.name(node.arg)} is None"
            case ops.NotNull():
                return f"{self.name(node.arg)} is not None"
            case ops.IfElse():
                test, yes = self.name(node.bool_expr), self.name(node.true_expr)
                return f"{yes} if {test} else {self.name(node.false_null_expr)}"
            case ops.SearchedCase():
                pairs = zip(node.cases, node.results, strict=True)
                tests = "".join(f"{self.name(r)} if {self.name(c)} else " for c, r in pairs)
                return f"{tests}{self.name(node.default)}"
            case ops.SimpleCase():
                base = self.name(node.base)
                pairs = zip(node.cases, node.results, strict=True)
                tests = "".join(
                    f"{self.name(r)} if {base} == {self.name(c)} else " for c, r in pairs
                )
                return f"{tests}{self.name(node.default)}"
            case ops.InValues():
                options = ", ".join(self.name(option) for option in node.options)
                value = self.name(node.value)
                return f"None if {value} is None else {value} in ({options},)"
            case ops.Coalesce():
                return f"_first({', '.join(map(self.name, node.arg))})"
            case ops.Least():
                return f"_least({', '.join(map(self.name, node.arg))})"
            case ops.Greatest():
                return f"_greatest({', '.join(map(self.name, node.arg))})"
            case ops.Cast():
                return self.cast(node)
            case ops.ScalarUDF() if type(node).__name__.startswith("bit_count"):
                (mask,) = map(self.name, node.args)
                return f"None if {mask} is None else {mask}.bit_count()"
            case ops.StringSlice():
                text, start, end = map(self.name, (node.arg, node.start, node.end))
                return f"None if {text} is None else {text}[{start}:{end}]"
            case _ if type(node) in _STRICT:
                return self.strict(node)
        raise TypeError(f"{type(node).__name__} has no meaning in plain Python yet")

    def strict(self, node: ops.Node) -> str:
        parts = [part for part in node.args if isinstance(part, ops.Node)]
        arguments = [self.name(part) for part in parts]
        known = [isinstance(one, ops.Literal) and one.value is not None for one in parts]
        tests = [f"{one} is None" for one, sure in zip(arguments, known, strict=True) if not sure]
        text = _STRICT[type(node)].format(*arguments)
        return f"None if {' or '.join(tests)} else {text}" if tests else text

    def literal(self, value: object) -> str:
        if value is None:
            return "None"
        variable = f"c{len(self.constants)}"
        self.constants[variable] = float(value) if isinstance(value, float) else value
        return variable

    def cast(self, node: ops.Cast) -> str:
        value, to = self.name(node.arg), node.to
        if to.is_integer():
            make = f"int({value})" if node.arg.dtype.is_string() else f"_whole({value})"
            make = f"int({value})" if node.arg.dtype.is_boolean() else make
        elif to.is_floating():
            make = f"float({value})"
        else:
            return value
        return f"None if {value} is None else {make}"
