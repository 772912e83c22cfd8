"""`steelyard demo`: walk the main job of the market against a running server."""

import click


@click.command()
@click.option("--url", default="http://127.0.0.1:8000", show_default=True, help="The server.")
def demo(url: str) -> None:
    """Walk from the catalogue to the stars through the public API, step by step."""
