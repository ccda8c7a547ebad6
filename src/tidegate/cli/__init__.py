"""The `tidegate` command: thin words over the API and the composition root.

Every module here imports what it needs inside its commands, so that `--help` answers at once.
"""

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tidegate.core.errors import TidegateError


def main() -> None:
    """Run the command; errors a person can act on become one sentence and an exit code.

    Exit codes: 0 done · 1 it did not work out · 2 the words are wrong · 3 the server cannot be reached ·
    4 refused · 130 interrupted.
    """
    from tidegate.cli.commands import cli
    from tidegate.core.errors import TidegateError

    try:
        cli()
    except TidegateError as error:
        sys.exit(_explain(error))
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:  # `tidegate ... | head`
        sys.stderr.close()
        sys.exit(0)


def _explain(error: "TidegateError") -> int:
    from tidegate.cli.terminal import stderr

    console = stderr()
    console.print(f"[bold red]✘[/] {_plain(error.message)}", highlight=False)
    if error.hint:
        console.print(f"  {_plain(error.hint)}", highlight=False)
    if error.code == "unreachable":
        return 3
    return {400: 2, 401: 4, 403: 4}.get(error.status, 1)


def _plain(text: str) -> str:
    from rich.markup import escape

    return escape(text)
