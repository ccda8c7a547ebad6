"""How many connections this process may admit, given the files the system lets it open.

In: what is set. Out: as many of it as there are files for, so that connections never take those that segments are
stored in. Raising what is set raises the process's soft limit with it, as far as the hard one lets.
"""

import resource

import structlog

SPARE_FILES = 512
"""Open files beside connections: database, segments, logs, libraries."""

_log = structlog.get_logger()


class OpenFiles:
    """Divides the files this process may open."""

    def __init__(self) -> None:
        self._told: tuple[int, int] | None = None

    def share(self, connections: int, publishers: int) -> tuple[int, int]:
        """How many of both may be admitted: all that are wished for, or fewer in the same proportion."""
        wanted = connections + publishers + SPARE_FILES
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        limit = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        if soft != resource.RLIM_INFINITY and soft < limit:
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
        if limit == wanted:
            self._told = None
            return connections, publishers
        part = (limit - min(SPARE_FILES, limit // 4)) / (connections + publishers)
        fewer = max(1, int(connections * part)), max(1, int(publishers * part))
        if self._told != fewer:
            self._told = fewer
            _log.warning(
                "few_open_files", limit=limit, wanted=wanted, connections=fewer[0], publishers=fewer[1]
            )
        return fewer
