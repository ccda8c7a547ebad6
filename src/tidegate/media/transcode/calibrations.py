"""What calibrations found, kept over restarts: ladders are back sooner where nothing has to be measured again.

In: calibrations, as they are made. Out: the same, to a later process on the same machine. A file that cannot be read is as none, and one
that cannot be written costs a measurement at the next start; running ladders correct the estimate anyway (`capacity.corrected`).
"""

import os
import platform
from pathlib import Path

import msgspec
import structlog

from tidegate.media.transcode.types import Calibration

_log = structlog.get_logger()


class _Kept(msgspec.Struct, frozen=True):
    """The file: by encoder and preset, of one machine."""

    machine: str
    found: dict[str, Calibration]


class Calibrations:
    """Those of this machine; `path` is where they are kept, None keeps them in memory alone."""

    def __init__(self, path: Path | None, machine: str | None = None) -> None:
        """`machine`: what they hold for; by default this one, by its processor and how many of them it has."""
        self._path = path
        self._machine = machine if machine is not None else _this_machine()
        self._found = self._read()

    def get(self, encoder: str, preset: str) -> Calibration | None:
        """What was measured, in this process or an earlier one."""
        return self._found.get(f"{encoder} {preset}")

    def put(self, encoder: str, preset: str, calibration: Calibration) -> None:
        """Keep it. Writes a file of some hundred bytes, seldom."""
        self._found[f"{encoder} {preset}"] = calibration
        if self._path is None:
            return
        beside = self._path.with_suffix(".new")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            beside.write_bytes(msgspec.json.encode(_Kept(self._machine, self._found)))
            beside.replace(self._path)
        except OSError as error:
            _log.warning("calibrations_not_kept", reason=str(error))

    def _read(self) -> dict[str, Calibration]:
        if self._path is None:
            return {}
        try:
            kept = msgspec.json.decode(self._path.read_bytes(), type=_Kept)
        except FileNotFoundError:
            return {}
        except (OSError, msgspec.DecodeError) as error:
            _log.warning("calibrations_not_read", reason=str(error))
            return {}
        return kept.found if kept.machine == self._machine else {}


def _this_machine() -> str:
    return f"{_processor()} x{os.cpu_count() or 1}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:  # not Linux
        return platform.machine()
    named = next((line for line in lines if line.startswith("model name")), "")
    return named.partition(":")[2].strip() or platform.machine()
