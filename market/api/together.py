"""One question for all who want to know the same at the same time."""

import asyncio
import contextvars
from collections.abc import Awaitable, Callable


class Together:
    """Asks at most one question at a time, and gives nobody an answer older than their own call.

    Who calls while a question is under way does not take its answer, which may have been found
    before the call: they wait for the next one, together with all who call until it begins.
    """

    def __init__(self, ask: Callable[[], Awaitable[None]]) -> None:
        self._ask = ask
        self._waiting: asyncio.Future[None] | None = None
        self._asking: asyncio.Task[None] | None = None

    async def asked(self) -> None:
        """Returns when a question that began after this call has been answered.

        Raises what the question raised.
        """
        if self._waiting is None:
            self._waiting = asyncio.get_running_loop().create_future()
            # Nobody may be left to hear of a failure; that is no fault of its own.
            self._waiting.add_done_callback(_heard)
        mine = self._waiting
        if self._asking is None:
            # In a context of its own: the question belongs to no request and no transaction.
            self._asking = asyncio.get_running_loop().create_task(
                self._go_on(), context=contextvars.Context()
            )
        # Who hangs up meanwhile must not take the answer from the others.
        await asyncio.shield(mine)

    async def _go_on(self) -> None:
        try:
            while self._waiting is not None:
                answered, self._waiting = self._waiting, None
                try:
                    await self._ask()
                except Exception as error:
                    answered.set_exception(error)
                except GeneratorExit:
                    # The loop was closed under the question, and who waited is gone with it.
                    raise
                except BaseException:
                    answered.cancel()
                    raise
                else:
                    answered.set_result(None)
        finally:
            self._asking = None


def _heard(answered: asyncio.Future[None]) -> None:
    if not answered.cancelled():
        answered.exception()
