"""How many estimates a core answers: the estimate endpoint with ever other figures.

    make bench-estimates       or: python bench/estimates.py

The server of `bench/speed.py`, nothing kept: every answer is reckoned, its workings are written and
it is encoded. What is counted is processor time of the server's process, and the same with that of
PostgreSQL, which is asked for the adopted versions each time. The aim is 1,000 a second and core.
"""

import statistics
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import httpx
from speed import ROUNDS, SECONDS, WARM_UP, Bench

AIM = 1_000
ROOT = "/api/v1/fee-standards/"
ASKED = {
    "progressive": "tendering-1980/estimate?kind=works&amount_wan=6000",
    "interpolated, with factors": "design-10/estimate?amount_wan=5000&complexity=III&industry=road",
    "the longest workings": "tendering-1980/estimate?kind=goods&amount_wan=2000000",
    "a range": "consulting-zj252/estimate?kind=feasibility&amount_wan=4000",
    "a unit price": "surveying-17/estimate?kind=planned-area&quantity=12",
}


def main() -> None:
    with ExitStack() as stack:
        directory = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="steelyard-bench-"))
        )
        bench = Bench(stack, directory)
        server = bench.market("estimates", 0)
        slowest = float("inf")
        print(f"Estimates for each second of processor time, with PostgreSQL's; {bench.layout}.")
        for name, query in ASKED.items():
            path = ROOT + query
            httpx.get(f"http://127.0.0.1:{server.port}{path}").raise_for_status()
            bench.sample(server, path, WARM_UP)
            samples = [bench.sample(server, path, SECONDS) for _ in range(ROUNDS)]
            rate = statistics.median(one.rate for one in samples)
            both = statistics.median(one.with_database for one in samples)
            slowest = min(slowest, rate)
            print(f"  {name:28}{rate:8.0f}{both:8.0f}", flush=True)
        if slowest < AIM:
            sys.exit(f"The slowest is below {AIM:,} a second and core.")


if __name__ == "__main__":
    main()
