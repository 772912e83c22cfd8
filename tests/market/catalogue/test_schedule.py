"""The working days of a package are the longest chain of waits, and nothing else."""

from hypothesis import given
from hypothesis import strategies as st

from market.catalogue.schedule import critical_path, package_days, schedule

CODES = tuple("ABCDEFG")


class Timed:
    def __init__(self, working_days: int | None) -> None:
        self.working_days = working_days


class Package:
    """Waits only on earlier items, so that they never run in a circle."""

    def __init__(self, items: tuple[str, ...], waits: dict[str, tuple[str, ...]]) -> None:
        self.items, self.optional, self.waits = items, (), waits


days = st.fixed_dictionaries(
    {code: st.one_of(st.none(), st.integers(0, 40)).map(Timed) for code in CODES}
)
packages = st.fixed_dictionaries(
    {
        code: st.lists(st.sampled_from(CODES[:place]), unique=True).map(tuple)
        for place, code in enumerate(CODES)
        if place
    }
).map(lambda waits: Package(CODES, waits))


def chains(package: Package, end: str) -> list[tuple[str, ...]]:
    """Every chain of waits that ends in an item, found the slow way."""
    return [(end,)] + [
        (*chain, end) for wait in package.waits.get(end, ()) for chain in chains(package, wait)
    ]


def length(chain: tuple[str, ...], items: dict[str, Timed]) -> int:
    return sum(items[code].working_days or 0 for code in chain)


@given(packages, days)
def test_it_is_as_long_as_the_longest_chain(package: Package, items: dict[str, Timed]) -> None:
    every = [chain for code in CODES for chain in chains(package, code)]
    assert package_days(package, items) == max(length(chain, items) for chain in every)
    assert critical_path(package, items) in every
    assert package_days(package, items) <= length(CODES, items)


@given(packages, days, st.permutations(CODES))
def test_the_order_of_the_items_does_not_matter(
    package: Package, items: dict[str, Timed], order: list[str]
) -> None:
    turned = Package(
        tuple(order), {code: tuple(reversed(before)) for code, before in package.waits.items()}
    )
    assert package_days(turned, items) == package_days(package, items)


@given(packages, days, st.integers(1, len(CODES) - 1), st.data())
def test_one_more_wait_never_shortens_it(
    package: Package, items: dict[str, Timed], later: int, data: st.DataObject
) -> None:
    earlier = data.draw(st.integers(0, later - 1))
    waits = {**package.waits, CODES[later]: (*package.waits[CODES[later]], CODES[earlier])}
    assert package_days(Package(CODES, waits), items) >= package_days(package, items)


@given(packages, days)
def test_nothing_begins_before_what_it_waits_for(package: Package, items: dict[str, Timed]) -> None:
    bars = {bar.item: bar for bar in schedule(package, items)}
    assert tuple(bars) == CODES
    for bar in bars.values():
        assert bar.end - bar.start == (items[bar.item].working_days or 0)
        assert bar.start == max((bars[wait].end for wait in bar.after), default=0)
    assert max(bar.end for bar in bars.values()) == package_days(package, items)
    critical = [bar for bar in bars.values() if bar.critical]
    assert sum(bar.end - bar.start for bar in critical) == package_days(package, items)
