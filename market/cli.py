"""The command `steelyard`: one sub-command for each thing an operator does."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import click
import msgspec

from market.accounts.actions import NewAccount, create_account
from market.accounts.second_factors import reset_by_operator
from market.catalogue.actions import load_catalogue
from market.catalogue.fee_command import fee
from market.catalogue.guide_actions import load_guides
from market.demonstration.commands import demo
from market.files.store import open_store
from market.migrations import migrate as bring_up_to_date
from market.serve import run_worker, serve_market
from market.settings import Settings, from_environment, identifier_key
from ratings.integrity.evidence_command import rating_evidence
from ratings.ledger.actors import Role, system
from ratings.ledger.clock import now
from ratings.ledger.database import connect, disconnect
from ratings.ledger.errors import SteelyardError
from ratings.ledger.postgres import EmbeddedPostgres
from ratings.shells.checksum import screen_checksum
from ratings.shells.evaluation.evaluate_command import evaluate_screen
from ratings.shells.evaluation.fit_command import fit_screen
from ratings.shells.screen_command import screen
from ratings.shells.simulator.simulate_command import simulate
from ratings.signals.actions import take_in
from ratings.signals.files import find_files, said_to_have_none
from ratings.signals.loading import Progress, describe
from ratings.signals.queries import aside_reasons
from ratings.stars.grade_command import grade
from ratings.verification import verify as verify_record

T = TypeVar("T")


class Commands(click.Group):
    """Refusals are sentences for the operator, not tracebacks."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except SteelyardError as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=Commands)
@click.version_option(package_name="steelyard")
def main() -> None:
    """Steelyard（一杆秤）: the county's open market for permit agencies, and its credit bureau."""


def with_database(settings: Settings, work: Callable[[str], Awaitable[T]]) -> T:
    """Run `work` with an open pool; without DATABASE_URL on the embedded server."""
    if settings.database_url:
        return asyncio.run(_connected(settings.database_url, work))
    with EmbeddedPostgres(settings.var_dir / "postgres") as url:
        return asyncio.run(_connected(url, work))


async def _connected(url: str, work: Callable[[str], Awaitable[T]]) -> T:
    await connect(url)
    try:
        return await work(url)
    finally:
        await disconnect()


@main.command()
@click.option("--host", help="Address to listen on (default 127.0.0.1).")
@click.option("--port", type=int, help="Port to listen on (default 8000).")
@click.option("--demo", "demonstration", is_flag=True, default=None, help="Show invented data.")
@click.option("--worker/--no-worker", default=True, help="Run the timetable in this process.")
def serve(host: str | None, port: int | None, demonstration: bool | None, worker: bool) -> None:
    """Serve the market; sets up its database first."""
    settings = from_environment(host=host, port=port, demonstration=demonstration)
    serve_market(settings, with_worker=worker, say=lambda line: click.echo(line))


@main.command()
def worker() -> None:
    """Run the timetable alone: closings, unsealings, standings, liftings, webhooks."""
    settings = from_environment()
    with_database(
        settings, lambda url: run_worker(msgspec.structs.replace(settings, database_url=url))
    )


@main.command()
def migrate() -> None:
    """Bring the database up to date and load the catalogue into an empty one."""

    async def work(url: str) -> None:
        applied = await bring_up_to_date(url)
        loaded = await load_catalogue(system(now()))
        guides = await load_guides(system(now()))
        click.echo(
            f"migrations applied: {len(applied)}; catalogue items loaded: {loaded};"
            f" guides begun: {guides}"
        )

    with_database(from_environment(), work)


@main.command()
def verify() -> None:
    """Walk the ledger's hash chain and recompute every published score."""

    async def work(url: str) -> bool:
        report = await verify_record(click.echo)
        for fault in report.faults:
            click.echo(f"FAULT {fault}", err=True)
        return not report.faults

    if not with_database(from_environment(), work):
        click.echo("The record does not hold.", err=True)
        sys.exit(1)
    click.echo("The record holds.")


@main.command()
@click.argument("role", type=click.Choice([Role.CENTRE, Role.SUPERVISOR, Role.AUDITOR]))
@click.option("--organisation", required=True, help="Name of the office.")
@click.option("--login", required=True)
@click.option("--name", required=True, help="Name of the person.")
@click.password_option()
def account(role: str, organisation: str, login: str, name: str, password: str) -> None:
    """Open the first account of an office: a centre, a supervising department, an auditor."""

    async def work(url: str) -> None:
        wanted = NewAccount(
            kind=Role(role),
            organisation_name=organisation,
            organisation_name_en="",
            uscc=None,
            login=login,
            password=password,
            person_name=name,
        )
        await create_account(system(now()), wanted)

    with_database(from_environment(), work)
    click.echo(f"{login} can sign in.")
    if role != Role.AUDITOR:
        click.echo("The first time, an authenticator has to be set up as the second factor.")


@main.command()
@click.option("--login", required=True)
@click.option("--reason", required=True, help="Stands in the ledger.")
def reset_second_factor(login: str, reason: str) -> None:
    """Take a lost second factor away from somebody; a new one is set up at the next sign-in.

    For the last administrator of a centre. Of everybody else the centre itself can reset it.
    """

    async def work(url: str) -> None:
        await reset_by_operator(system(now()), login, reason)

    with_database(from_environment(), work)
    click.echo(f"{login} has no second factor any more.")


@main.group()
def feeds() -> None:
    """Cells of the feeds: what public offices report each month."""


@feeds.command("load")
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--hash-identifiers",
    is_flag=True,
    help="Hash personal identifiers that come in the clear with the county's key.",
)
def load_feeds(directory: Path, hash_identifiers: bool) -> None:
    """Take in the feed files of a directory, each on its own; what came before is left out."""
    settings = from_environment()
    key = identifier_key(settings) if hash_identifiers else None

    async def work(url: str) -> None:
        await bring_up_to_date(url)
        found, unknown = find_files(directory)
        for name in unknown:
            click.echo(f"{name}: no feed of the contract, ignored")
        none = said_to_have_none(found)
        for feed, path in found.items():
            with Progress(path, sys.stderr) as progress:
                receipt = await take_in(
                    system(now()),
                    feed,
                    path.name,
                    path,
                    open_store(settings.files),
                    key=key,
                    has_none=feed in none,
                    progress=progress.step,
                )
            click.echo(describe(receipt))
            if not receipt.repeated:
                for reason in await aside_reasons(receipt.batch):
                    click.echo(f"set aside of {reason.sentence()}")

    with_database(settings, work)


main.add_command(fee)
main.add_command(grade)
main.add_command(rating_evidence)
main.add_command(screen)
main.add_command(screen_checksum)
main.add_command(simulate)
main.add_command(evaluate_screen)
main.add_command(fit_screen)
main.add_command(demo)


if __name__ == "__main__":
    main()
