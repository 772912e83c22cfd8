"""People of the walk: each has a session of their own and speaks only the public HTTP API."""

import time
from collections.abc import Callable
from typing import Any, TypeVar

import httpx

T = TypeVar("T")

# Longer than the timetable ever needs, which looks at its queue every second.
_PATIENCE = 60.0


class WalkFailed(Exception):
    """What the walk claims is not so on this server; the text says what was found instead."""


class Visitor:
    """Somebody on the other side of the wire, signed in or not."""

    def __init__(self, url: str, name: str) -> None:
        self.name = name
        self._server = httpx.URL(url)
        self._client = httpx.Client(
            base_url=f"{url.rstrip('/')}/api/v1",
            headers={"Accept-Language": "en"},
            timeout=60,
        )

    def close(self) -> None:
        self._client.close()

    def sign_in(self, login: str, password: str, code: str = "") -> dict[str, Any]:
        credentials = {"login": login, "password": password, "code": code}
        session: dict[str, Any] = self.post("/sessions", credentials)
        self._client.headers["Authorization"] = f"Bearer {session['token']}"
        return session

    def get(self, path: str, **query: str) -> Any:
        return self._answer(self._client.get(path, params=query))

    def every(self, path: str, **query: str) -> list[Any]:
        """All rows of a list, page after page."""
        page = self.get(path, limit="100", **query)
        found: list[Any] = page["items"]
        while page["next"]:
            page = self._answer(self._client.get(self._server.join(page["next"])))
            found.extend(page["items"])
        return found

    def post(self, path: str, body: object) -> Any:
        return self._answer(self._client.post(path, json=body))

    def put(self, path: str, body: object, *, of: str) -> Any:
        """Change something of the thing at `of`, which others may edit too."""
        read = self._client.get(of)
        self._answer(read)
        version = {"If-Match": read.headers["ETag"]}
        return self._answer(self._client.put(path, json=body, headers=version))

    def upload(self, path: str, content: bytes, **query: str) -> Any:
        return self._answer(self._client.post(path, content=content, params=query))

    def send_files(self, path: str, files: dict[str, bytes], **query: str) -> Any:
        parts = {name: (name, content, "text/csv") for name, content in files.items()}
        return self._answer(self._client.post(path, files=parts, params=query))

    def refused(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """The problem document of a request that must not succeed."""
        response = self._client.request(method, path, json=body)
        if response.is_success:
            raise WalkFailed(
                f"{method} {path} as {self.name} should have been refused, and was not."
            )
        problem: dict[str, Any] = response.json()
        return problem

    def _answer(self, response: httpx.Response) -> Any:
        if not response.is_success:
            request = response.request
            raise WalkFailed(
                f"{request.method} {request.url.path} as {self.name}:"
                f" {response.status_code} {response.text[:600]}"
            )
        return response.json() if response.content else None


def wait_for(what: str, look: Callable[[], T | None]) -> T:
    """Look again and again until there is something; the timetable works in the background."""
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        found = look()
        if found is not None:
            return found
        time.sleep(0.2)
    raise WalkFailed(f"{what} did not happen within {_PATIENCE:.0f} s. Does the worker run?")


def claim(true: bool, what: str) -> None:
    """The walk says nothing that it has not seen."""
    if not true:
        raise WalkFailed(f"Not so: {what}")
