"""`steelyard demo`: walk the main job of the market against a running server."""

from random import SystemRandom

import click
import httpx

from market.demonstration.accounts import PASSWORD
from market.demonstration.ground import Ground, Officials
from market.demonstration.visitors import WalkFailed
from market.demonstration.walk import walk


@click.command()
@click.option("--url", default="http://127.0.0.1:8000", show_default=True, help="The server.")
@click.option("--centre-login", default="centre@demo", show_default=True)
@click.option("--centre-password", default=PASSWORD, show_default=True)
@click.option("--centre-code", default="", help="Of the authenticator, where there is one.")
@click.option("--centre2-login", default="centre2@demo", show_default=True, help="Decides with it.")
@click.option("--centre2-password", default=PASSWORD, show_default=True)
@click.option("--centre2-code", default="", help="Of the authenticator, where there is one.")
@click.option("--supervisor-login", default="supervisor@demo", show_default=True)
@click.option("--supervisor-password", default=PASSWORD, show_default=True)
@click.option("--supervisor-code", default="", help="Of the authenticator, where there is one.")
def demo(
    url: str,
    centre_login: str,
    centre_password: str,
    centre_code: str,
    centre2_login: str,
    centre2_password: str,
    centre2_code: str,
    supervisor_login: str,
    supervisor_password: str,
    supervisor_code: str,
) -> None:
    """Walk from the catalogue to the stars through the public API of a running server.

    It brings new invented firms, so it can be walked again and again. A server without the
    demonstration needs the accounts of two people of a centre and of a supervising department, with
    the codes of their authenticators.
    """
    officials = Officials(
        centre_login,
        centre_password,
        supervisor_login,
        supervisor_password,
        centre_code,
        supervisor_code,
        centre2_login,
        centre2_password,
        centre2_code,
    )
    ground = Ground(url, officials, SystemRandom())
    try:
        walk(ground, _say)
    except WalkFailed as failure:
        raise click.ClickException(f"演示中断 / the walk broke off.\n{failure}") from failure
    except httpx.TransportError as error:
        raise click.ClickException(
            f"No market answers at {url} ({error}). Start one with `make run`, or name another"
            " with --url."
        ) from error
    finally:
        ground.close()
    _say("完成：演示机构和项目已留在市场中。", "Done: the firms and their work stay in the market.")


def _say(chinese: str, english: str) -> None:
    click.echo(chinese)
    click.echo(english)
