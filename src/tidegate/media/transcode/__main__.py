"""`python -m tidegate.media.transcode`: the transcoding process (a job comes on standard input); `--check ENCODER` tries an
encoder, `--calibrate ENCODER PRESET` measures one: each prints one line of JSON.
"""

import argparse
import signal
import sys

import msgspec

from tidegate.core.clock import SystemClock
from tidegate.core.errors import TidegateError


def _run() -> int:
    parser = argparse.ArgumentParser(prog="python -m tidegate.media.transcode", description=__doc__)
    parser.add_argument("--check", metavar="ENCODER", help="try an encoder and say what is wrong with it")
    parser.add_argument(
        "--calibrate", nargs=2, metavar=("ENCODER", "PRESET"), help="measure what a million pixels cost"
    )
    asked = parser.parse_args()
    signal.signal(
        signal.SIGINT, signal.SIG_IGN
    )  # Ctrl-C goes to the whole terminal; the parent says when to stop
    if asked.check is not None:
        from tidegate.media.transcode.encoders import check_encoder  # noqa: PLC0415 - FFmpeg only where needed

        sys.stdout.write(msgspec.json.encode(check_encoder(asked.check)).decode() + "\n")
        return 0
    if asked.calibrate is not None:
        from tidegate.media.transcode.calibrate import calibrate  # noqa: PLC0415 - likewise

        try:
            measured = calibrate(*asked.calibrate)
        except TidegateError as error:
            sys.stderr.write(error.message + "\n")
            return 1
        sys.stdout.write(msgspec.json.encode(measured).decode() + "\n")
        return 0
    from tidegate.media.transcode.worker import main  # noqa: PLC0415 - likewise

    return main(SystemClock())


sys.exit(_run())
