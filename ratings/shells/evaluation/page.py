"""The same evidence as a page with plots: one self-contained file in each language."""

from collections.abc import Callable, Mapping
from html import escape

import numpy as np

from ratings.shells.evaluation.evidence import SCREEN, Figures
from ratings.shells.evaluation.lead_time import Lead
from ratings.shells.evaluation.measures import over_seeds
from ratings.shells.evaluation.page_words import WORDS
from ratings.shells.evaluation.plots import bars, dots, lines
from ratings.shells.evaluation.report import (
    AIMED,
    MEASURES,
    OTHERS_MOST,
    STRUGGLING_MOST,
    Found,
    aims,
    interval,
    leads,
    shown,
)
from ratings.shells.policy import Policy
from ratings.shells.simulator.parameters import HONEST, SHELLS

STYLE = """
:root{color-scheme:light;--ink:#15202d;--line:#d9dfe6}
body{margin:0 auto;max-width:72rem;padding:1rem;color:var(--ink);background:#f3f5f8;
font:16px/1.5 system-ui,"PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif}
h1{font-size:1.6rem}h2{font-size:1.2rem;margin:2rem 0 .5rem}h3{font-size:1rem;margin:.25rem 0}
.cards{display:grid;gap:1rem;grid-template-columns:repeat(auto-fit,minmax(min(100%,28rem),1fr))}
figure{margin:0;background:#fff;border:1px solid var(--line);border-radius:8px;padding:.75rem}
svg{width:100%;height:auto}svg text{font-size:11px;fill:#445164}svg .small{font-size:9.5px}
.key{list-style:none;display:flex;flex-wrap:wrap;gap:.25rem 1rem;margin:.25rem 0 0;padding:0;
font-size:.85rem}.dash{width:30px;height:8px;margin-right:.35rem}
.wide{overflow-x:auto;background:#fff;border:1px solid var(--line);border-radius:8px}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums;font-size:.9rem}
th,td{padding:.35rem .6rem;text-align:left;border-bottom:1px solid var(--line)}
.missed{color:#b0261e;font-weight:600}.reached{color:#17693f;font-weight:600}
""".strip()


def page(found: Found, lead: Mapping[str, Lead], policy: Policy, language: str) -> str:
    """The page in `language` (zh, en)."""
    say = WORDS[language].get
    own = found[AIMED]
    parts = [
        f"<h1>{_t(say, 'title')}</h1>",
        f"<p>{_t(say, 'about')}</p>",
        f"<p>{_t(say, 'policy')} {escape(policy.name)} {escape(policy.version)}"
        f" <code>{policy.digest[:12]}</code></p>",
        f"<h2>{_t(say, 'aims')}</h2>",
        _aims(own, say),
        f"<h2>{_t(say, 'finding')}</h2>",
        '<div class="cards">',
        *(_curves(world, one, say) for world, one in found.items()),
        *(_calibration(world, one, say) for world, one in found.items()),
        "</div>",
        _methods(found, say),
        f"<h2>{_t(say, 'kinds')}</h2>",
        '<div class="cards">',
        *(_kinds(world, one, say) for world, one in found.items()),
        "</div>",
        f"<h2>{_t(say, 'silence')}</h2>",
        '<div class="cards">',
        *(_silence(world, one, say) for world, one in found.items()),
        "</div>",
        f"<h2>{_t(say, 'lead')}</h2>",
        '<div class="cards">',
        *(_lead(world, one, say) for world, one in lead.items()),
        "</div>",
        f"<p>{_t(say, 'limits')}</p>",
    ]
    body = "\n".join(parts)
    return (
        f'<!doctype html>\n<html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{_t(say, 'title')}</title><style>{STYLE}</style></head>\n"
        f"<body><main>\n{body}\n</main></body></html>\n"
    )


Say = Callable[[str, str], str]


def _t(say: Say, word: str) -> str:
    """The word in the page's language; a name that needs none stands for itself."""
    return escape(say(word, word))


def _table(head: list[str], rows: list[list[str]]) -> str:
    """Cells are HTML already."""
    top = "".join(f'<th scope="col">{cell}</th>' for cell in head)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return (
        f'<div class="wide" tabindex="0"><table><thead><tr>{top}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _aims(found: Mapping[int, Figures], say: Say) -> str:
    rows = []
    for name, aim, measured, verdict in aims(found):
        kind = "missed" if verdict == "missed" else "reached" if verdict == "reached" else ""
        told = f'<span class="{kind}">{_t(say, verdict)}</span>'
        rows.append([_t(say, name), aim, measured, told])
    return _table([_t(say, one) for one in ("figure", "aim", "measured", "verdict")], rows)


def _figure(title: str, drawing: str) -> str:
    return f"<figure><h3>{title}</h3>{drawing}</figure>"


def _curves(world: str, found: Mapping[int, Figures], say: Say) -> str:
    curves = {}
    for method in next(iter(found.values())).curves:
        values = np.mean([one.curves[method] for one in found.values()], axis=0)
        steps = np.arange(1, len(values) + 1) / len(values)
        curves[say(method, method)] = list(zip(steps.tolist(), values.tolist(), strict=True))
    title = f"{say('curves', 'curves')} · {say(world, world)}"
    return _figure(
        escape(title),
        lines(title, say("recall", "recall"), say("precision", "precision"), curves, (1, 1)),
    )


def _calibration(world: str, found: Mapping[int, Figures], say: Say) -> str:
    rows = [row for one in found.values() for row in one.calibration]
    steps = sorted({int(said * 10 - 1e-9) for said, _, _ in rows})
    points = []
    for step in steps:
        own = [row for row in rows if int(row[0] * 10 - 1e-9) == step]
        firms = sum(row[2] for row in own)
        points.append(
            (
                sum(row[0] * row[2] for row in own) / firms,
                sum(row[1] * row[2] for row in own) / firms,
            )
        )
    title = f"{say('calibration', 'calibration')} · {say(world, world)}"
    return _figure(escape(title), dots(title, say("said", "said"), say("so", "so"), points))


def _methods(found: Found, say: Say) -> str:
    rows = []
    for world, own in found.items():
        for method in next(iter(own.values())).rankings:
            cells = [
                shown(
                    over_seeds(one.rankings[method].get(key, float("nan")) for one in own.values())
                )
                for key, _ in MEASURES
            ]
            rows.append([_t(say, world), _t(say, method), *cells])
    head = [_t(say, "world"), _t(say, "method"), *(_t(say, name) for _, name in MEASURES)]
    return _table(head, rows)


def _bars(
    found: Mapping[int, Figures],
    kinds: tuple[str, ...],
    figure: Callable[[Figures, str], float],
    say: Say,
) -> dict[str, tuple[float, float]]:
    values = {}
    for kind in kinds:
        one = interval(found, lambda figures: figure(figures, kind))  # noqa: B023
        values[say(kind, kind)] = (one.mean, one.half) if one else (0.0, 0.0)
    return values


def _kinds(world: str, found: Mapping[int, Figures], say: Say) -> str:
    honest = _bars(found, HONEST, lambda one, kind: one.honest[kind], say)
    shells = _bars(found, SHELLS, lambda one, kind: one.shells[kind], say)
    most = max(0.05, *(value + half for value, half in honest.values()))
    first = f"{say('honest', 'honest')} · {say(world, world)}"
    second = f"{say('shells', 'shells')} · {say(world, world)}"
    up = say("share", "share")
    note = say("limit", "limit").format(
        struggling=f"{STRUGGLING_MOST:.0%}", others=f"{OTHERS_MOST:.0%}"
    )
    return _figure(
        escape(first), bars(first, up, honest, most, OTHERS_MOST) + f"<p>{escape(note)}</p>"
    ) + _figure(escape(second), bars(second, up, shells, 1.0, None))


def _silence(world: str, found: Mapping[int, Figures], say: Say) -> str:
    names = tuple(next(iter(found.values())).outages)
    values = _bars(found, names, lambda one, name: one.outages[name], say)
    whole = interval(found, lambda one: one.outages["none"])
    title = f"{say('silent', 'silent')} · {say(world, world)}"
    most = max(0.012, *(value + half for value, half in values.values()))
    return _figure(
        escape(title),
        bars(title, say("share", "share"), values, most, whole.mean if whole else None),
    )


def _lead(world: str, one: Lead, say: Say) -> str:
    months = np.arange(0, 37, 3)
    turned = max(1, len(one.flagged))
    curves = {
        say(SCREEN, SCREEN): [(float(m), float((one.flagged <= m).sum() / turned)) for m in months],
        say("rule", "rule"): [(float(m), float((one.ruled <= m).sum() / turned)) for m in months],
    }
    title = f"{say('found by month', 'found by month')} · {say(world, world)}"
    drawing = lines(title, say("months", "months"), say("share", "share"), curves, (36, 1))
    rows = [[_t(say, name), escape(value)] for name, value in leads(one)]
    return _figure(escape(title), drawing + _table(["", ""], rows))
