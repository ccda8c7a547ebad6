"""The configuration of one process: command line over environment over `tidegate.toml` over defaults.

Every field has a safe default; a bad value is refused with the sentence a person needs to mend it.
"""

import os
import re
import socket
import tomllib
from collections.abc import Mapping
from pathlib import Path

import msgspec

from tidegate.app.settings import CONFIGURED
from tidegate.core.errors import InvalidError
from tidegate.core.ids import DEFAULT_REGION, REGION_NAME
from tidegate.core.settings import SettingValueError, Value
from tidegate.media.edge.proxies import ProxyInvalidError, TrustedProxies
from tidegate.telemetry.dsn import OFF, parse_dsn

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

    @property
    def reachable_host(self) -> str:
        """Where this machine reaches what listens here."""
        return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """Everything one process needs to know before it starts.

    Attributes:
        data: folder for the database, segments, logs and the admin token.
        store: DSN of the system of record; empty: SQLite in `data`.
        telemetry: where facts are kept: empty for the embedded engine in `data`, `http://USER:PASSWORD@HOST:8123/?cluster=…` for
            a ClickHouse, `off` for nowhere.
        objects: where media is kept: empty for a folder in `data`, `s3://BUCKET/PREFIX?endpoint=…` for a bucket.
        public_url: how viewers reach this server, where that differs from `http`.
        rtmps: address for RTMP over TLS; needs `tls_cert` and `tls_key`.
        srt: address for SRT publishers, UDP.
        srt_passphrase: what SRT publishers must encrypt with; empty: none may.
        srt_latency_ms: how long SRT waits for a lost packet to be sent again.
        pull_private_addresses: whether sources may be pulled from private addresses.
        pull_folder: where files may be pulled from; None: nowhere.
        allowed_hosts: further Host names that API and pages answer to, besides loopback and `public_url`.
        trusted_proxies: addresses and networks of fronts, whose X-Forwarded-For says who a viewer is.
        metrics_public: whether `/metrics` answers without the admin token.

    The last seven give settings this node's default: they hold where nothing is set (`app.settings.CONFIGURED`).
    """

    data: Path
    http: Address = Address("127.0.0.1", 8080)
    rtmp: Address = Address("127.0.0.1", 1935)
    rtmps: Address | None = None
    srt: Address = Address("127.0.0.1", 8890)
    srt_passphrase: str = ""
    srt_latency_ms: int = 120
    tls_cert: Path | None = None
    tls_key: Path | None = None
    pull_private_addresses: bool = False
    pull_folder: Path | None = None
    store: str = ""
    telemetry: str = ""
    objects: str = ""
    region: str = DEFAULT_REGION
    node: str = ""
    public_url: str = ""
    allowed_hosts: tuple[str, ...] = ()
    trusted_proxies: tuple[str, ...] = ("127.0.0.1", "::1")
    metrics_public: bool = False
    log_level: str = CONFIGURED["log_level"].default
    part_target_s: float = CONFIGURED["part_target_s"].default
    window_s: float = CONFIGURED["window_s"].default
    grace_s: float = CONFIGURED["grace_s"].default
    linger_s: float = CONFIGURED["linger_s"].default
    max_publishers: int = CONFIGURED["max_publishers"].default
    max_connections: int = CONFIGURED["max_connections"].default

    @property
    def node_name(self) -> str:
        return self.node or socket.gethostname()

    @property
    def setting_defaults(self) -> dict[str, Value]:
        """This node's defaults of settings, by name, where they are not the release's."""
        given = {
            setting.name: (getattr(self, field), setting.default) for field, setting in CONFIGURED.items()
        }
        return {name: value for name, (value, default) in given.items() if value != default}

    def __repr__(self) -> str:
        return f"Config(data={str(self.data)!r})"

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
    def srt_url(self) -> str:
        return f"srt://{_reachable(self.srt)}"

    @property
    def rtmps_url(self) -> str | None:
        return f"rtmps://{_reachable(self.rtmps)}/live" if self.rtmps else None


SRT_LATENCY_MS_BOUNDS = (20, 8000)
"""Below it a lost packet cannot come again in time; above, waiting is longer than any network."""


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
    return str(Address(address.reachable_host, address.port))


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
    for name in ("tls_cert", "tls_key", "pull_folder"):
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
    for name in ("http", "rtmp", "rtmps", "srt"):
        if isinstance(values.get(name), str):
            values[name] = parse_address(name, str(values[name]))
    for name in ("allowed_hosts", "trusted_proxies"):
        if isinstance(values.get(name), str):
            values[name] = tuple(each for each in str(values[name]).split(",") if each)
    for name in ("tls_cert", "tls_key", "pull_folder"):
        if values.get(name) is not None:
            values[name] = Path(str(values[name])).expanduser().absolute()
    try:
        config = msgspec.convert(values, Config, strict=False)
    except msgspec.ValidationError as error:
        raise ConfigError(f"The configuration is not right: {error}.") from error
    _check_bounds(config)
    return config


def _check_bounds(config: Config) -> None:
    for field, setting in CONFIGURED.items():
        try:
            setting.checked(getattr(config, field))
        except SettingValueError as error:
            raise ConfigError(
                f"{field} is {getattr(config, field)!r}.", hint=f"It may be {setting.bounds}.", field=field
            ) from error
    try:
        TrustedProxies(config.trusted_proxies)
    except ProxyInvalidError as error:
        raise ConfigError(error.message, hint=error.hint, field="trusted_proxies") from None
    _check_srt(config)
    _check_telemetry(config)
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


def _check_telemetry(config: Config) -> None:
    if config.telemetry in {"", OFF}:
        return
    try:
        parse_dsn(config.telemetry)
    except InvalidError as error:
        raise ConfigError(error.message, hint=error.hint, field="telemetry") from None


def _check_srt(config: Config) -> None:
    low, high = SRT_LATENCY_MS_BOUNDS
    if not low <= config.srt_latency_ms <= high:
        raise ConfigError(
            f"srt_latency_ms is {config.srt_latency_ms}.",
            hint=f"It may be {low} to {high}.",
            field="srt_latency_ms",
        )
    length = len(config.srt_passphrase.encode())
    if length and not 10 <= length <= 64:
        raise ConfigError(
            f"srt_passphrase has {length} bytes.", hint="SRT takes 10 to 64.", field="srt_passphrase"
        )
