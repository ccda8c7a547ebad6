"""`python -m tidegate.telemetry FOLDER SOCKET MEMORY`: the engine process. The platform starts it; see `process.py`."""

import sys
from pathlib import Path

from tidegate.telemetry.process import serve

serve(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
