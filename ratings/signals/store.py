"""Where partitions lie: the object store, and a path on this machine that DuckDB can read."""

import asyncio
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

import obstore
from obstore.store import LocalStore, ObjectStore

FOLDER = "feeds"


def partition_key(feed: str, month: str, batch: str) -> str:
    """The place of a partition; a batch has the same places however often it is sent."""
    return f"{FOLDER}/{feed}/{month or 'all'}/{batch}.parquet"


async def put(store: ObjectStore, key: str, path: Path) -> None:
    await obstore.put_async(store, key, path)


async def local_paths(store: ObjectStore, keys: Iterable[str]) -> dict[str, Path]:
    """A readable path for each key.

    In a folder these are the files themselves; from a bucket each is fetched once into a cache
    that only this user can read (below TMPDIR). A partition never changes under its key.
    """
    wanted = list(keys)
    if isinstance(store, LocalStore) and store.prefix is not None:
        return {key: Path(store.prefix) / key for key in wanted}
    cache = own_folder("cells")
    found: dict[str, Path] = {}
    for key in wanted:
        found[key] = path = cache / key.replace("/", "+")
        if not path.exists():
            content = await (await obstore.get_async(store, key)).bytes_async()
            await asyncio.to_thread(_keep, path, bytes(content))
    return found


def own_folder(purpose: str) -> Path:
    """A folder below TMPDIR for what can be made again, which only this user can read."""
    folder = Path(tempfile.gettempdir()) / f"steelyard-{purpose}-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise PermissionError(f"{folder} belongs to another user")
    return folder


def _keep(path: Path, content: bytes) -> None:
    """Under its name only when it is whole; two that fetch the same one do no harm."""
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.write(content)
    Path(file.name).rename(path)


async def discard(store: ObjectStore, keys: Iterable[str]) -> None:
    """Delete partitions; one that is gone already is fine."""
    for key in keys:
        try:
            await obstore.delete_async(store, key)
        except FileNotFoundError:
            continue
