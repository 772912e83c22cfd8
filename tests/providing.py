"""A provincial identity provider that really runs, for the tests that sign in with it."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

SECRET = "the secret of the market"
SUBJECT = "33010219850312xxxx"


@contextmanager
def providing() -> Iterator[str]:
    """The address of a provider, which is a process of its own; see `tests/provider.py`."""
    command = [sys.executable, "-W", "ignore", "-m", "tests.provider", SECRET]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        yield f"http://127.0.0.1:{port}"
        process.terminate()


async def confirmed(address: str, subject: str = SUBJECT) -> str:
    """At the provider: “it is me”; where the provider sends the browser back to."""
    async with httpx.AsyncClient(verify=False) as client:
        answer = await client.post(address, data={"sub": subject})
    assert answer.status_code == 302, answer.text
    return answer.headers["location"]
