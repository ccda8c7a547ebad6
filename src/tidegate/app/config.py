"""The configuration of one process: command line over environment over `tidegate.toml` over defaults.

Every field has a safe default; a bad value is refused with the sentence a person needs to mend it.
"""

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

import msgspec

from tidegate.core.errors import InvalidError
from tidegate.core.ids import DEFAULT_REGION, REGION_NAME

ENVIRONMENT_PREFIX = "TIDEGATE_"
CONFIG_FILE = "tidegate.toml"
_ADDRESS = re.compile(r"(?:\[(?P<v6>[0-9A-Fa-f:.]+)\]|(?P<host>[^\s:\[\]]*)):(?P<port>[0-9]{1,5})\Z")


class ConfigError(InvalidError):
    """The configuration cannot be used; nothing was started."""

    code = "bad-config"


class Address(msgspec.Struct, frozen=True):
    """A host and a TCP port to listen on. Port 0 lets the system choose."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """Everything one process needs to know before it starts.

    Attributes:
        data: folder for the database, segments, logs and the admin token.
        store: DSN of the system of record; empty: SQLite in `data`.
        public_url: how viewers reach this server, where that differs from `http`.
        rtmps: address for RTMP over TLS; needs `tls_cert` and `tls_key`.
        allowed_hosts: further Host names that API and pages answer to, besides loopback and `public_url`.
        metrics_public: whether `/metrics` answers without the admin token.
        part_target_s: length of an LL-HLS part, seconds.
        window_s: how much of a stream a playlist lists, seconds.
        grace_s: how long a broadcast waits for a lost publisher, seconds.
        linger_s: how long it waits after a publisher's own goodbye, seconds.
        max_publishers, max_connections: admission bounds of the two doors.
    """

    data: Path
    http: Address = Address("127.0.0.1", 8080)
    rtmp: Address = Address("127.0.0.1", 1935)
    rtmps: Address | None = None
    tls_cert: Path | None = None
    tls_key: Path | None = None
    store: str = ""
    region: str = DEFAULT_REGION
    node: str = ""
    public_url: str = ""
    allowed_hosts: tuple[str, ...] = ()
    metrics_public: bool = False
    log_level: str = "info"
    part_target_s: float = 0.2
    window_s: float = 60.0
    grace_s: float = 60.0
    linger_s: float = 10.0
    max_publishers: int = 1000
    max_connections: int = 10_000

    @property
    def store_dsn(self) -> str:
        return self.store or f"sqlite:///{self.data / 'tidegate.db'}"

    @property
    def http_url(self) -> str:
        return self.public_url or f"http://{_reachable(self.http)}"

    @property
    def rtmp_url(self) -> str:
        return f"rtmp://{_reachable(self.rtmp)}/live"

    @property
    def rtmps_url(self) -> str | None:
        return f"rtmps://{_reachable(self.rtmps)}/live" if self.rtmps else None


_BOUNDS: dict[str, tuple[float, float]] = {
    "part_target_s": (0.1, 2.0),
    "window_s": (15.0, 600.0),
    "grace_s": (0.0, 600.0),
    "linger_s": (0.0, 600.0),
    "max_publishers": (1, 100_000),
    "max_connections": (16, 1_000_000),
}
_LOG_LEVELS = ("debug", "info", "warning", "error")


def default_data_folder(environ: Mapping[str, str] | None = None) -> Path:
    """`TIDEGATE_DATA`, else `tidegate` in the user's data folder (XDG Base Directory)."""
    env = os.environ if environ is None else environ
    if chosen := env.get(f"{ENVIRONMENT_PREFIX}DATA"):
        return Path(chosen)
    return Path(env.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "tidegate"


def load_config(
    overrides: Mapping[str, object],
    *,
    file: Path | None = None,
    environ: Mapping[str, str] | None = None,
) -> Config:
    """Read the configuration.

    Args:
        overrides: values from the command line; None means not given.
        file: a configuration file; without it `tidegate.toml` in the data folder, where there is one.
        environ: the environment, `os.environ` by default.

    Raises:
        ConfigError: with the field, what is wrong with it and what it may be.
    """
    env = os.environ if environ is None else environ
    given = {name: value for name, value in overrides.items() if value is not None}
    data = Path(str(given.get("data") or default_data_folder(env))).expanduser().absolute()
    values = _from_file(file or data / CONFIG_FILE, required=file is not None)
    values |= _from_environment(env)
    values |= given
    values["data"] = data
    return _checked(values)


def parse_address(field: str, text: str) -> Address:
    """Parse `host:port`, `[v6]:port` or `:port` (loopback)."""
    match = _ADDRESS.match(text)
    if match is None or int(match["port"]) > 65535:
        raise ConfigError(
            f"{field} is {text!r}.",
            hint="Give host:port, for example 127.0.0.1:8080 or [::1]:8080.",
            field=field,
        )
    return Address(match["v6"] or match["host"] or "127.0.0.1", int(match["port"]))


def _reachable(address: Address) -> str:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address.host, address.host)
    return str(Address(host, address.port))


def _from_file(path: Path, *, required: bool) -> dict[str, object]:
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        if required:
            raise ConfigError(f"There is no file {path}.", hint="Check --config.", field="config") from None
        return {}
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}.", field="config") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8 text.", hint="Save it as UTF-8.", field="config") from error
    try:
        values: dict[str, object] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not TOML: {error}.", field="config") from error
    for name in ("tls_cert", "tls_key"):
        if isinstance(values.get(name), str):
            values[name] = path.parent / str(values[name])
    return values


def _from_environment(env: Mapping[str, str]) -> dict[str, object]:
    names = set(Config.__struct_fields__) - {"data"}
    return {
        name: value for name in names if (value := env.get(ENVIRONMENT_PREFIX + name.upper())) is not None
    }


def _checked(values: dict[str, object]) -> Config:
    for name in values:
        if name not in Config.__struct_fields__:
            known = ", ".join(sorted(Config.__struct_fields__))
            raise ConfigError(f"There is no setting {name!r}.", hint=f"Known: {known}.", field=name)
    for name in ("http", "rtmp", "rtmps"):
        if isinstance(values.get(name), str):
            values[name] = parse_address(name, str(values[name]))
    if isinstance(values.get("allowed_hosts"), str):
        values["allowed_hosts"] = tuple(h for h in str(values["allowed_hosts"]).split(",") if h)
    for name in ("tls_cert", "tls_key"):
        if values.get(name) is not None:
            values[name] = Path(str(values[name])).expanduser().absolute()
    try:
        config = msgspec.convert(values, Config, strict=False)
    except msgspec.ValidationError as error:
        raise ConfigError(f"The configuration is not right: {error}.") from error
    _check_bounds(config)
    return config


def _check_bounds(config: Config) -> None:
    for name, (low, high) in _BOUNDS.items():
        value = getattr(config, name)
        if not low <= value <= high:
            raise ConfigError(f"{name} is {value:g}.", hint=f"It must be {low:g} to {high:g}.", field=name)
    if config.log_level not in _LOG_LEVELS:
        raise ConfigError(
            f"log_level is {config.log_level!r}.",
            hint=f"It may be {', '.join(_LOG_LEVELS)}.",
            field="log_level",
        )
    if REGION_NAME.match(config.region) is None:
        raise ConfigError(
            f"region is {config.region!r}.", hint="Use a-z, 0-9 and '-', for example eu-west.", field="region"
        )
    if config.rtmps is not None and (config.tls_cert is None or config.tls_key is None):
        raise ConfigError(
            "rtmps needs a certificate.", hint="Set tls_cert and tls_key to PEM files.", field="rtmps"
        )
    if config.rtmps is not None and config.rtmps.host != config.rtmp.host:
        raise ConfigError(
            f"rtmps listens on {config.rtmps.host}, rtmp on {config.rtmp.host}.",
            hint="Give both the same host; only the ports differ.",
            field="rtmps",
        )
