"""The platform with something on: a test picture on `demo`, an empty channel `mine`, and a check that it plays.

The demo's two stream keys are kept in its data folder, as an encoder would keep them, so that OBS set up for
`mine` still works at the next start.
"""

import asyncio
import contextlib
import os
import time
from pathlib import Path

import msgspec

from tidegate.app.config import Config
from tidegate.app.platform import Platform, Step
from tidegate.core.clock import Clock, SystemClock
from tidegate.core.errors import ConflictError, TidegateError
from tidegate.media.player.service import watch
from tidegate.media.player.types import WatchReport

CHANNEL = "demo"
OWN_CHANNEL = "mine"
KEYS_FILE = "demo-keys.json"
CHECK_S = 4.0
LIVE_DEADLINE_S = 30.0


class DemoError(TidegateError):
    """The demo's picture does not play."""

    code = "demo-failed"
