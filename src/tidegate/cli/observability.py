"""`tidegate observability prometheus|grafana`: files for other programs, made of the indicators' own files."""

from pathlib import Path

from rich.markup import escape

from tidegate.api.token import FILE_NAME as TOKEN_FILE
from tidegate.app.config import default_data_folder
from tidegate.app.folder import INDICATORS_FOLDER
from tidegate.cli.terminal import stdout
from tidegate.core.errors import InvalidError
from tidegate.governance.indicators import prometheus
from tidegate.governance.indicators.catalogue import IndicatorCatalogue, load

NOBODY = "none"


def write_prometheus(
    out: Path, target: str, credentials: str, indicators: Path | None, data: Path | None
) -> None:
    """Raises:
    InvalidError: a file of indicators is wrong, or the folder cannot be written.
    """
    folder = (data or default_data_folder()).expanduser()
    token = "" if credentials == NOBODY else credentials or str((folder / TOKEN_FILE).resolve())
    known = _indicators(indicators, folder)
    _write(
        out,
        {
            prometheus.SCRAPE_FILE: prometheus.scrape(target, token),
            prometheus.RULES_FILE: prometheus.rules(known),
        },
    )
    stdout().print(f"  {len(list(prometheus.recordings(known)))} recorded series of {len(known)} indicators.")
    stdout().print(f"  Start it with: prometheus --config.file={escape(str(out / prometheus.SCRAPE_FILE))}")


def write_grafana(out: Path, indicators: Path | None, data: Path | None) -> None:
    """Raises:
    InvalidError: as above, or grafana-foundation-sdk is not installed.
    """
    try:
        from tidegate.governance.indicators import grafana
    except ImportError as error:
        raise InvalidError(
            "Making dashboards needs grafana-foundation-sdk.", hint="pip install 'tidegate[grafana]'"
        ) from error
    _write(out, grafana.dashboards(_indicators(indicators, (data or default_data_folder()).expanduser())))
    stdout().print("  Import them in Grafana, or let it read the folder: docs/observability.md tells how.")


def _indicators(indicators: Path | None, data: Path) -> IndicatorCatalogue:
    return load(indicators or data / INDICATORS_FOLDER)


def _write(out: Path, files: dict[str, str]) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (out / name).write_text(text, "utf-8")
            stdout().print(f"[green]✔[/] {escape(str(out / name))}")
    except OSError as error:
        raise InvalidError(
            f"{out} cannot be written: {error.strerror}.", hint="Give another --out."
        ) from error
