"""The environment, read once into one frozen value."""

import contextlib
import functools
import hmac
import os
import secrets
import tempfile
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from ratings.ledger.addresses import Network, parse_networks
from ratings.ledger.errors import Unavailable


class Settings(msgspec.Struct, frozen=True):
    """`database_url` empty means the embedded server under `var_dir`."""

    database_url: str = ""
    var_dir: Path = Path("var")
    host: str = "127.0.0.1"
    port: Annotated[int, msgspec.Meta(ge=0, le=65535)] = 8000
    demonstration: bool = False
    site_name: str = "云溪县中介服务超市"
    site_name_en: str = "Yunxi County Agency Market"
    site_owner: str = "云溪县政务服务管理办公室"
    site_owner_en: str = "Yunxi County Government Services Office"
    division_code: Annotated[str, msgspec.Meta(pattern=r"^(\d{6})?$")] = ""
    max_upload_bytes: Annotated[int, msgspec.Meta(ge=1)] = 50 * 1024 * 1024
    secure_cookies: bool = False
    secret_key: str = ""
    files_url: str = ""
    rate_limits: str = ""
    webhook_networks: str = ""
    identifier_key: str = ""
    feed_retention: str = ""
    connector_networks: str = ""
    connectors_dir: str = ""
    trusted_proxies: str = ""
    allowed_hosts: str = ""
    hot_reads_bytes: Annotated[int, msgspec.Meta(ge=0)] = 32 * 1024 * 1024
    second_factor: Literal["required", "optional"] = "required"
    public_url: str = ""
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: str = ""
    oidc_label: str = "省统一身份认证"
    oidc_label_en: str = "Provincial identity"

    @property
    def second_factor_required(self) -> bool:
        """Of officials; whoever tries a demonstration has no authenticator at hand."""
        return self.second_factor == "required" and not self.demonstration

    @property
    def files(self) -> str:
        """Where deliverables and feed files lie: a folder below `var_dir`, or a bucket."""
        return self.files_url or str(self.var_dir / "files")

    @property
    def proxies(self) -> tuple[Network, ...]:
        """Whose word about a visitor's address and scheme is taken; of nobody unless stated."""
        return parse_networks(self.trusted_proxies, "STEELYARD_TRUSTED_PROXIES")

    @property
    def connectors(self) -> Path:
        """The folder with the description of each source that feeds are pulled from."""
        return Path(self.connectors_dir) if self.connectors_dir else self.var_dir / "connectors"

    @property
    def connected_networks(self) -> tuple[Network, ...]:
        """What connectors may reach beside the public internet, over plain http as well."""
        return parse_networks(self.connector_networks, "STEELYARD_CONNECTOR_NETWORKS")

    @property
    def networks(self) -> tuple[Network, ...]:
        """What webhooks may reach beside the public internet, over plain http as well."""
        return parse_networks(self.webhook_networks)


def from_environment(**overrides: object) -> Settings:
    """Variables are named STEELYARD_… except DATABASE_URL; overrides come from the command line.

    Unavailable names the variable whose value cannot be used.
    """
    values: dict[str, object] = {"database_url": os.environ.get("DATABASE_URL", "")}
    for field in msgspec.structs.fields(Settings):
        text = os.environ.get(f"STEELYARD_{field.name.upper()}")
        if text is not None:
            values[field.name] = text
    values.update({name: value for name, value in overrides.items() if value is not None})
    try:
        return msgspec.convert(values, Settings, strict=False, dec_hook=_decode)
    except msgspec.ValidationError as error:
        why, _, place = str(error).rpartition(" - at `$.")
        name = place.rstrip("`")
        raise Unavailable(
            "setting-unusable",
            "STEELYARD_{name} (or --{option}) cannot be “{value}”: {why}.",
            name=name.upper(),
            option=name.replace("_", "-"),
            value=values[name],
            why=why,
        ) from error


def _decode(kind: type, value: object) -> object:
    """Path is the one kind of setting that msgspec does not know by itself."""
    return Path(str(value))


def installation_key(settings: Settings) -> bytes:
    """A secret of this installation, made on first use; seals cursors and the forms of pages.

    It appears under its name only when it is whole: of two processes that begin at once one makes
    it and both read the same, and whoever is killed meanwhile leaves no empty one behind.
    """
    if settings.secret_key:
        return settings.secret_key.encode()
    return _kept_key(settings.var_dir)


def identifier_key(settings: Settings) -> bytes:
    """The county's key for personal identifiers in feeds (HMAC-SHA-256).

    Offices that hash themselves are given the same, or one person has two hashes. Without a
    setting it follows from the installation's secret.
    """
    if settings.identifier_key:
        return settings.identifier_key.encode()
    return hmac.digest(installation_key(settings), b"identifiers of the feeds", "sha256")


@functools.cache
def _kept_key(directory: Path) -> bytes:
    """Read once: every page of a list and every form needs it."""
    path = directory / "installation.key"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent) as file:
            file.write(secrets.token_bytes(32))
            file.flush()
            with contextlib.suppress(FileExistsError):
                os.link(file.name, path)
    return path.read_bytes()
