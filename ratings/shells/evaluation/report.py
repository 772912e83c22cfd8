"""The evidence as a document: what was simulated, what came of it, and which aims were met."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from importlib.resources import files

import numpy as np

from ratings.shells.evaluation.evidence import SCREEN, Figures
from ratings.shells.evaluation.lead_time import Lead
from ratings.shells.evaluation.measures import Interval, over_seeds
from ratings.shells.policy import Policy
from ratings.shells.simulator.parameters import HONEST, SHELLS

Found = Mapping[str, Mapping[int, Figures]]
"""By world and seed."""
MEASURES = (
    ("pr-auc", "PR-AUC"),
    ("recall", "recall at 1 % false positives"),
    ("precision", "precision at budget"),
    ("calibration", "calibration error"),
)
AIMED = "shifted"
STRUGGLING_MOST, OTHERS_MOST = 0.03, 0.01
Aim = tuple[str, Callable[[Figures], float], str, float]
AIMS: tuple[Aim, ...] = (
    ("PR-AUC", lambda one: one.rankings[SCREEN]["pr-auc"], ">=", 0.62),
    ("recall at 1 % false positives", lambda one: one.rankings[SCREEN]["recall"], ">=", 0.55),
    ("precision at budget", lambda one: one.rankings[SCREEN]["precision"], ">=", 0.58),
    ("calibration error", lambda one: one.rankings[SCREEN]["calibration"], "<=", 0.02),
    ("struggling firms flagged", lambda one: one.honest["struggling"], "<=", STRUGGLING_MOST),
    *(
        (f"{kind} firms flagged", lambda one, kind=kind: one.honest[kind], "<=", OTHERS_MOST)
        for kind in HONEST
        if kind != "struggling"
    ),
    ("adversarial shells found", lambda one: one.shells["adversarial"], ">=", 0.30),
    (
        "most honest firms flagged in an outage, less those without",
        lambda one: max(one.outages.values()) - one.outages["none"],
        "<=",
        0.0,
    ),
)


def shown(one: Interval | None, places: int = 3) -> str:
    return "–" if one is None else f"{one.mean:.{places}f} ± {one.half:.{places}f}"


def interval(found: Mapping[int, Figures], figure: Callable[[Figures], float]) -> Interval | None:
    return over_seeds(figure(one) for one in found.values())


def verdict(one: Interval, relation: str, aim: float) -> str:
    """Missed is an aim that lies outside the interval, on the wrong side."""
    short = aim - one.mean if relation == ">=" else one.mean - aim
    if short <= 0:
        return "reached"
    return "within the interval" if short <= one.half else "missed"


def report(
    found: Found, lead: Mapping[str, Lead], policy: Policy, small: str, made_on: date
) -> str:
    """The whole document in Markdown. `small` is what `small_table` says, `lead` by world."""
    first = found[AIMED]
    one = next(iter(first.values()))
    seeds = sorted(first)
    parts = [
        _text("head").format(
            made_on=made_on.isoformat(),
            firms=one.firms,
            seeds=len(seeds),
            first=seeds[0],
            last=seeds[-1],
            policy=policy.name,
            version=policy.version,
            digest=policy.digest,
        ),
        "## Aims\n",
        _aims(first),
        "## Methods\n",
        _text("methods"),
        _methods(found),
        *([] if "gradient boosting" in one.rankings else [MISSING]),
        "## Kinds of firms, at 1 % false positives overall\n",
        _kinds(found, HONEST, lambda figures: figures.honest, "honest kind flagged"),
        _kinds(found, SHELLS, lambda figures: figures.shells, "kind of shell found"),
        "## Cases opened at the policy's own limit\n",
        _cases(found),
        "## When a source falls silent\n",
        _text("outages"),
        _outages(found),
        "## How much earlier than the rule in use\n",
        _text("lead"),
        _leads(lead),
        "## Within one county\n",
        "By drawing the firms of the first seed again, rings as a whole, 200 times.\n",
        _drawn(found),
        _text("limits"),
        small,
    ]
    return "\n".join(parts).rstrip() + "\n"


MISSING = "scikit-learn is not installed: isolation forest and gradient boosting were left out.\n"


def _text(name: str) -> str:
    return (files("ratings.shells.evaluation") / "texts" / f"{name}.md").read_text("utf-8")


def aims(found: Mapping[int, Figures]) -> list[tuple[str, str, str, str]]:
    """What was aimed at, the aim, the figure and the verdict."""
    rows = []
    for name, figure, relation, aim in AIMS:
        one = interval(found, figure)
        if one is not None:
            sign = "≥" if relation == ">=" else "≤"
            rows.append((name, f"{sign} {aim:.2f}", shown(one), verdict(one, relation, aim)))
    return rows


def _aims(found: Mapping[int, Figures]) -> str:
    return table(("figure", "aim", f"measured, {AIMED} world", ""), aims(found))


def _methods(found: Found) -> str:
    rows = []
    for world, own in found.items():
        for method in next(iter(own.values())).rankings:
            cells = [
                shown(
                    over_seeds(one.rankings[method].get(key, float("nan")) for one in own.values())
                )
                for key, _ in MEASURES
            ]
            rows.append((world, method, *cells))
    return table(("world", "method", *(name for _, name in MEASURES)), rows)


def _kinds(
    found: Found,
    kinds: Sequence[str],
    shares: Callable[[Figures], Mapping[str, float]],
    name: str,
) -> str:
    rows = [
        (kind, *(shown(interval(own, lambda one: shares(one)[kind])) for own in found.values()))  # noqa: B023
        for kind in kinds
    ]
    return table((name, *found), rows)


def _cases(found: Found) -> str:
    names = (
        ("opened", "firms with a case"),
        ("precision", "of these, shells"),
        ("recall", "shells with a case"),
        ("false", "honest firms with a case"),
        ("insufficient", "firms too little is known of"),
    )
    rows = [
        (name, *(shown(interval(own, lambda one: one.cases[key])) for own in found.values()))  # noqa: B023
        for key, name in names
    ]
    return table(("", *found), rows)


def _outages(found: Found) -> str:
    names = next(iter(found[AIMED].values())).outages
    rows = [
        (name, *(shown(interval(own, lambda one: one.outages[name]), 4) for own in found.values()))  # noqa: B023
        for name in names
    ]
    return table(("silent", *(f"honest firms flagged, {world}" for world in found)), rows)


def leads(one: Lead) -> list[tuple[str, str]]:
    """The lead time in a few lines."""
    seen = np.isfinite(one.flagged)
    ruled = np.isfinite(one.ruled)
    lead = one.lead[seen]
    sooner = one.flagged < one.ruled
    return [
        ("shells that turned in the four years", str(len(one.flagged))),
        ("found by the screen", f"{seen.mean():.0%}".replace("%", " %")),
        ("found by the rule", f"{ruled.mean():.0%}".replace("%", " %")),
        ("of those the rule found, found sooner by the screen", _share(sooner[ruled])),
        ("months from turning to the flag, median", _median(one.flagged[seen])),
        ("months won over the rule, median (at the least)", _median(lead)),
        ("… a quarter won at least", _quantile(lead, 0.75)),
    ]


def _share(values: np.ndarray) -> str:
    return f"{values.mean():.0%}".replace("%", " %") if len(values) else "–"


def _median(values: np.ndarray) -> str:
    return _quantile(values, 0.5)


def _quantile(values: np.ndarray, share: float) -> str:
    return f"{np.quantile(values, share):.0f}" if len(values) else "–"


def _leads(lead: Mapping[str, Lead]) -> str:
    own = [leads(one) for one in lead.values()]
    rows = [(own[0][at][0], *(one[at][1] for one in own)) for at in range(len(own[0]))]
    return table(("", *lead), rows)


def _drawn(found: Found) -> str:
    own = {world: next(iter(figures.values())).drawn for world, figures in found.items()}
    rows = [(name, *(shown(one[key]) for one in own.values())) for key, name in MEASURES[:3]]
    return table(("", *own), rows)


def small_table(found: Mapping[str, Figures], seed: int) -> str:
    """A small county of each world to four decimals: what a test computes again."""
    firms = next(iter(found.values())).firms
    methods = (SCREEN, "rule count", "noisy-or")
    rows = [
        (
            world,
            method,
            *(f"{one.rankings[method].get(key, float('nan')):.4f}" for key, _ in MEASURES),
        )
        for world, one in found.items()
        for method in methods
    ]
    head = ("world", "method", *(name for _, name in MEASURES))
    return _text("seed").format(firms=firms, seed=seed) + "\n" + table(head, rows)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)
