"""The five numbers of a result, asked of what is none."""

from pathlib import Path

from click.testing import CliRunner

from ratings.shells.checksum import screen_checksum
from ratings.shells.results import FILES


def test_files_of_something_else_are_named_and_nothing_is_told(tmp_path: Path) -> None:
    for name in FILES:
        (tmp_path / name).write_text("no table")
    told = CliRunner().invoke(screen_checksum, [str(tmp_path)])
    assert told.exit_code == 1
    assert told.output.startswith(f"Error: The files in {tmp_path} are not the result of a screen")
