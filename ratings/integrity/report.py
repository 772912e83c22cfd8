"""The evidence as a document: what was simulated, what came of it, and what it was made with."""

from collections.abc import Mapping, Sequence
from datetime import date
from importlib.resources import files

import msgspec

from ratings.integrity.attacks import ATTACKS
from ratings.integrity.detection import DETECTORS, situations
from ratings.integrity.evidence import SHAPES, after_flags
from ratings.integrity.measures import Figures, over_seeds
from ratings.integrity.world import Shape
from ratings.stars.policy import Policy

MEASURES = (
    ("spearman", "rank agreement ρ", 2),
    ("kendall", "τ-b", 2),
    ("wrongly low", "honest at ≤ 2★ per 100", 2),
    ("recall", "bad ones at ≤ 2★", 2),
    ("review recall", "bad ones reviewed", 2),
    ("review wrongly", "honest reviewed per 100", 2),
    ("scored", "agencies scored", 0),
)
MOVES = (
    ("spearman", "rank agreement ρ", 2),
    ("wrongly low", "honest at ≤ 2★ per 100", 2),
    ("recall", "bad ones at ≤ 2★", 2),
    ("shift", "points moved of those attacked", 1),
    ("low before", "of 100 attacked at ≤ 2★ without it", 1),
    ("low", "… with it", 1),
)
AIMS = (
    ("standard", "as it is", "spearman", "rank agreement ρ", ">=", 0.76),
    ("robust", "as it is", "spearman", "rank agreement ρ", ">=", 0.79),
    ("standard", "as it is", "wrongly low", "honest at ≤ 2★ per 100", "<=", 0.30),
    ("robust", "as it is", "wrongly low", "honest at ≤ 2★ per 100", "<=", 0.01),
    ("standard", "scattered bombing", "wrongly low", "honest at ≤ 2★ per 100", "<=", 1.64),
    ("robust", "scattered bombing", "wrongly low", "honest at ≤ 2★ per 100", "<=", 0.01),
    ("robust", "as it is", "review recall", "bad ones reviewed", ">=", 0.56),
    ("robust", "quarters", "changes", "star changes per agency and quarter", "<=", 0.07),
)
"""What a first trial of the two methods came to, in a county of 159 agencies made up in another
way; the policies that ship are held against it."""
FOUND = (
    ("found", "share found of what was planted", 2),
    ("wrongly", "of 100 that did nothing, flagged", 2),
)
Columns = Sequence[tuple[str, str, int]]
AllFigures = Mapping[int, Mapping[str, Figures]]
"""By seed and policy."""


def report(found: AllFigures, policies: Sequence[Policy], shape: Shape, made_on: date) -> str:
    """The whole document in Markdown; the seeds are those of `found`."""
    seeds = sorted(found)
    told = [
        _text("head").format(
            seeds=len(seeds),
            first=seeds[0],
            last=seeds[-1],
            made_on=made_on.isoformat(),
        ),
        _table(
            ("policy", "version", "SHA-256 of its content"),
            [(one.name, one.version, f"`{one.digest}`") for one in policies],
        ),
        *_aims(found, policies),
        "## Without an attack\n",
        _comparison(found, policies, ("as it is", "third year", "absent as zero"), MEASURES),
        _text("agreement"),
        _comparison(found, policies, ("as it is",), (COMMON,)),
        _text("changes"),
        _comparison(found, policies, ("quarters",), CHANGES),
        _text("reviews"),
        "## Careless owners and silent parties\n",
        _comparison(found, policies, ("as it is", *SHAPES), MEASURES),
        "## Attacks\n",
        "".join(f"- **{name}**: {attack.__doc__}\n" for name, attack in ATTACKS.items()),
        _comparison(found, policies, ("as it is", *ATTACKS), MOVES),
        _text("flags"),
        _comparison(found, policies, [after_flags(name) for name in DETECTORS], MOVES),
        _text("held"),
        _text("detectors"),
        _comparison(found, policies[:1], situations(), FOUND),
        _text("limits"),
        "## The county\n",
        "Assumptions, all of them:\n",
        _table(
            ("", ""), [(f"`{name}`", str(v)) for name, v in msgspec.structs.asdict(shape).items()]
        ),
        _text("seed").format(seed=seeds[0]),
        seed_table({one.name: found[seeds[0]][one.name]["as it is"] for one in policies}, policies),
    ]
    return "\n".join(told).rstrip() + "\n"


def _aims(found: AllFigures, policies: Sequence[Policy]) -> list[str]:
    """Missed is an aim that lies outside the interval, on the wrong side."""
    rows = []
    for policy, situation, measure, name, relation, aim in AIMS:
        one = over_seeds(_values(found, policy, situation, measure))
        if one is None:
            continue
        short = aim - one.mean if relation == ">=" else one.mean - aim
        verdict = (
            "reached" if short <= 0 else "within the interval" if short <= one.half else "missed"
        )
        sign = "≥" if relation == ">=" else "≤"
        rows.append(
            (
                policy,
                situation,
                name,
                f"{sign} {aim:.2f}",
                f"{one.mean:.3f} ± {one.half:.3f}",
                verdict,
            )
        )
    head = ("policy", "situation", "figure", "aim", "measured", "")
    return ["## Aims\n", _text("aims"), _table(head, rows)] if rows else []


def _values(found: AllFigures, policy: str, situation: str, measure: str) -> list[float]:
    """Of every seed in which the measure could be taken."""
    return [
        own[policy][situation][measure]
        for own in found.values()
        if policy in own and measure in own[policy][situation]
    ]


COMMON = ("spearman among all", "rank agreement ρ among agencies that every policy scores", 2)
CHANGES = (
    ("changes", "star changes per agency and quarter", 3),
    ("changes without hysteresis", "… if the score's own band were shown", 3),
)


def _text(name: str) -> str:
    return (files("ratings.integrity") / "texts" / f"{name}.md").read_text("utf-8")


def _comparison(
    found: AllFigures, policies: Sequence[Policy], situations: Sequence[str], columns: Columns
) -> str:
    """One row for each situation and policy, each figure with its interval over the seeds."""
    rows = []
    for situation in situations:
        for policy in policies:
            cells = []
            for measure, _, places in columns:
                one = over_seeds(_values(found, policy.name, situation, measure))
                cells.append(
                    "–" if one is None else f"{one.mean:.{places}f} ± {one.half:.{places}f}"
                )
            rows.append((situation, policy.name, *cells))
    return _table(("situation", "policy", *(name for _, name, _ in columns)), rows)


def seed_table(figures: Mapping[str, Mapping[str, float]], policies: Sequence[Policy]) -> str:
    """The county as it is, one seed, four decimals, by policy: what a test computes again."""
    names = [*MEASURES, COMMON]
    rows = []
    for policy in policies:
        own = figures[policy.name]
        cells = [f"{own[measure]:.4f}" if measure in own else "–" for measure, _, _ in names]
        rows.append((policy.name, *cells))
    return _table(("policy", *(name for _, name, _ in names)), rows)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)
