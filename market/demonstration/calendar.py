"""The invented past, told in the order it happened.

A story is an async generator: it yields the moment it wants to go on at, and acts when it is
woken. All stories run on one calendar, so the ledger grows in the order of time as a real one.
"""

import heapq
import itertools
from collections.abc import AsyncGenerator, Callable
from datetime import date, datetime, time, timedelta
from random import Random

from ratings.ledger.clock import SHANGHAI

Story = AsyncGenerator[datetime, None]


class Calendar:
    """Wakes stories in the order of the moments they asked for."""

    def __init__(self, start: datetime) -> None:
        self._waiting: list[tuple[datetime, int, Story]] = []
        self._order = itertools.count()
        self.at = start

    def add(self, story: Story) -> None:
        """The story is first woken now, to say when it begins."""
        heapq.heappush(self._waiting, (self.at, next(self._order), story))

    async def run(self, until: datetime, progress: Callable[[str], None]) -> None:
        """Wake everybody whose moment comes before `until`; the rest has not happened yet."""
        told = ""
        while self._waiting and self._waiting[0][0] < until:
            self.at, _, story = heapq.heappop(self._waiting)
            quarter = f"{self.at.year} Q{(self.at.month + 2) // 3}"
            if quarter != told:
                progress(f"making up {quarter} …")
                told = quarter
            try:
                following = await anext(story)
            except StopAsyncIteration:
                continue
            if following < self.at:
                raise ValueError(f"a story wants to go back from {self.at} to {following}")
            heapq.heappush(self._waiting, (following, next(self._order), story))
        for _, _, story in self._waiting:
            await story.aclose()


def office_hour(day: date, random: Random) -> datetime:
    """A moment of the day between nine and half past five, in the county's time."""
    seconds = random.randint(9 * 3600, 17 * 3600 + 1800)
    return datetime.combine(day, time(), SHANGHAI) + timedelta(
        seconds=seconds, microseconds=random.randrange(1_000_000)
    )
