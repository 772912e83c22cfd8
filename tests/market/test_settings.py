"""The secret of an installation: made once, whole, and for its owner only."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from market.settings import Settings, installation_key


def test_processes_that_begin_at_once_have_one_whole_key(tmp_path: Path) -> None:
    for number in range(40):
        settings = Settings(var_dir=tmp_path / str(number))
        together = threading.Barrier(4)

        def ask(settings: Settings = settings, together: threading.Barrier = together) -> bytes:
            together.wait()
            return installation_key(settings)

        with ThreadPoolExecutor(4) as pool:
            keys = {asked.result() for asked in [pool.submit(ask) for _ in range(4)]}
        assert [len(key) for key in keys] == [32]
        made = list(settings.var_dir.iterdir())
        assert [path.name for path in made] == ["installation.key"]
        assert made[0].stat().st_mode & 0o777 == 0o600


def test_a_stated_key_is_used_as_it_is(tmp_path: Path) -> None:
    assert installation_key(Settings(var_dir=tmp_path, secret_key="stated")) == b"stated"
    assert list(tmp_path.iterdir()) == []
