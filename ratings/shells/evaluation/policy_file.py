"""A policy written as the TOML document that it is read from."""

import json
import tomllib
from pathlib import Path

import msgspec

from ratings.ledger.errors import Refused
from ratings.shells.policy import Policy, load_policy

_NUMBERS = ("power", "most", "firms")


def policy_text(policy: Policy, comments: tuple[str, ...]) -> str:
    """The document; reading it gives the same policy, digest included."""
    whole = msgspec.to_builtins(policy, builtin_types=(type(policy.effective_from),))
    lines = [f"# {comment}" if comment else "#" for comment in comments]
    plain = {
        name: value
        for name, value in whole.items()
        if value is not None and not isinstance(value, dict | list | tuple)
    }
    lines += [f"{name} = {_value(value)}" for name, value in plain.items()]
    for name in ("feeds", "excuses"):
        for key, table in whole[name].items():
            lines += ["", f"[{name}.{key}]", *_pairs(table)]
    if usual := whole["prevalence"]:
        lines += ["", "[prevalence]", *_pairs({name: usual[name] for name in _NUMBERS})]
        for name in ("read", "shares"):
            if table := usual.get(name):
                lines += ["", f"[prevalence.{name}]", *_pairs(table)]
    for feature in whole["features"]:
        lines += ["", "[[features]]", *_pairs(feature)]
    return "\n".join(lines) + "\n"


def _pairs(table: dict[str, object]) -> list[str]:
    return [f"{name} = {_value(value)}" for name, value in table.items() if value not in ([], ())]


def _value(value: object) -> str:
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(one) for one in value) + "]"
    if isinstance(value, dict):
        return "{ " + ", ".join(_pairs(value)) + " }"
    if isinstance(value, bool | str):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def policy_of(name: str) -> Policy:
    """A policy that ships with the bureau, or the TOML file of that name."""
    path = Path(name)
    if path.suffix != ".toml":
        return load_policy(name)
    try:
        return msgspec.convert(tomllib.loads(path.read_text("utf-8")), Policy)
    except (OSError, ValueError) as error:
        raise Refused(
            "screen-policy-file",
            "The policy {path} cannot be read: {problem}.",
            path=str(path),
            problem=str(error),
        ) from error
