"""`python -m tidegate.media.crowd`: a crowd's process; see `worker`."""

import signal
import sys

from tidegate.core.clock import SystemClock
from tidegate.media.crowd.worker import main

signal.signal(
    signal.SIGINT, signal.SIG_IGN
)  # Ctrl-C goes to the whole terminal; the parent says when to stop
sys.exit(main(SystemClock()))
