"""The weights of ratings/shells/policies/standard.toml, fitted on invented counties.

    python bench/fit_screen.py VERSION OUT.toml

Twelve counties of the standard world with every range stretched by a half, so that no two are
alike. The honest firms that look most like shells count several times: it is they who would bear
the errors, and no kind of them should bear more than its share. The file that is there is what the
fit starts from, and its weights count TRUST times; a bin that speaks for firms by it may go on
doing so, no other can. What the invented counties show badly is HELD, set by hand and not fitted:
who buys from a firm, and how many it insures beside what else is known of its people. How many
firms of all these counties show what is the prevalence that another county is compared with.
The shifted world takes no part, nor does any seed that the evidence is measured on.
"""

import sys
from pathlib import Path

import numpy as np
from msgspec.structs import replace

from ratings.shells.evaluation.evidence import STRETCH
from ratings.shells.evaluation.fitting import fit
from ratings.shells.evaluation.looks import county, gathered, look
from ratings.shells.evaluation.policy_file import policy_text
from ratings.shells.policy import load_policy
from ratings.shells.prevalence import made_where
from ratings.shells.simulator.county import Plan
from ratings.shells.simulator.parameters import load_world, widened

SEEDS = range(1, 13)
FIRMS = 8000
COUNTS = {"struggling": 16.0, "incubator": 12.0, "quarterly": 4.0}
TRUST = 1.0
HELD = ("few_buyers", "top_buyer", "insured_median")
COMMENTS = (
    "The policy of the shell screen: weights, bins, caps and thresholds.",
    "All of it is a proposal of this project. The bins, rules and sentences are set by hand; the",
    "weights were fitted on invented counties (bench/fit_screen.py, docs/screen-evidence.md), for",
    "want of labelled cases, and are to be refitted by `steelyard fit-screen` once enough of them",
    "have been decided. A weight is evidence in log-odds; one below zero speaks for the firm. Only",
    "what is known does, and where it is missing in the whole county every firm begins lower: read",
    "is how many firms that is usually known of. base_rate is the share of shells among firms of",
    "which nothing is known. county is Yuyao.",
    "minimum_wage_fen, the local minimum wage, is kept up to date by the centre.",
)


def main(version: str, out: Path) -> None:
    policy = load_policy()
    world = widened(load_world("standard"), STRETCH)
    seen, counts = [], []
    for number, seed in enumerate(SEEDS):
        plan = Plan(world, FIRMS, seed)
        with county(plan) as (directory, truth):
            found = look(directory, plan.as_of, policy, truth.uscc)
        seen.append((found, truth.label))
        own = np.array([COUNTS.get(kind, 1.0) for kind in truth.archetype])
        counts.append(own[np.isfinite(found.odds)])
        print(f"{number + 1} of {len(SEEDS)}", flush=True)
    given = gathered(policy, seen)
    examples = replace(given.examples, counts=np.concatenate(counts))
    fitted = fit(given.policy, examples, version=version, shapes=True, trust=TRUST)
    features = tuple(
        old if old.name in HELD else new
        for old, new in zip(policy.features, fitted.policy.features, strict=True)
    )
    found = made_where(replace(fitted.policy, features=features), given.shown)
    out.write_text(policy_text(found, COMMENTS), "utf-8")
    print(f"mean log loss {fitted.before:.4f} before, {fitted.after:.4f} after; {out}")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
