"""Signing in over the API, and what a session is worth."""

import httpx

from ratings.ledger.actors import Role
from tests.conftest import PASSWORD, Account


async def test_sign_in_shows_the_token_once(
    client: httpx.AsyncClient, accounts: dict[Role, Account]
) -> None:
    answer = await client.post(
        "/api/v1/sessions", json={"login": accounts[Role.CENTRE].login, "password": PASSWORD}
    )
    assert answer.status_code == 201
    assert answer.json()["role"] == "centre"
    token = answer.json()["token"]
    shown = await client.get(
        "/api/v1/sessions/current", headers={"Authorization": f"Bearer {token}"}
    )
    assert shown.status_code == 200
    assert "token" not in shown.json()
