"""`python -m tidegate.media.testcard`: the drawing process (a job comes on standard input), or `--png FILE` for a still."""

import argparse
import signal
import sys
from pathlib import Path

from tidegate.core.clock import SystemClock
from tidegate.media.testcard.card import Card
from tidegate.media.testcard.feed import main
from tidegate.media.testcard.png import to_png


def _run() -> int:
    parser = argparse.ArgumentParser(prog="python -m tidegate.media.testcard", description=__doc__)
    parser.add_argument("--png", type=Path, help="write one frame to this file and end")
    parser.add_argument("--name", default="demo", help="channel's name on the still")
    asked = parser.parse_args()
    if asked.png is None:
        signal.signal(
            signal.SIGINT, signal.SIG_IGN
        )  # Ctrl-C goes to the whole terminal; the parent says when to stop
        signal.signal(
            signal.SIGTERM, signal.SIG_IGN
        )  # the same for a service manager; the lifeline ends this process
        return main(SystemClock())
    card = Card(1280, 720, 30, asked.name)
    card.draw(SystemClock().wall(), 0)
    asked.png.write_bytes(to_png(card.picture))
    return 0


sys.exit(_run())
