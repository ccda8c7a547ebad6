"""The platform's door for facts, as an edge elsewhere sees it: one POST a delivery.

In: deliveries of the forwarder. Out: what became of each, in the forwarder's three words.
"""

from http import HTTPStatus

import httpx

from tidegate.core.settings import Subject
from tidegate.telemetry.forwarder import Delivery, Outcome

_NEVER = frozenset(
    {
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.NOT_FOUND,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.UNPROCESSABLE_ENTITY,
    }
)
"""Answers that another try would get again. A wrong token is not one: somebody will give the edge the right one."""


class PlatformDoor:
    """`http` knows the platform's address and carries the edge token; `here` is what this edge is called."""

    def __init__(self, http: httpx.AsyncClient, here: Subject) -> None:
        self._http = http
        self._headers = {
            "content-type": "application/x-ndjson",
            "x-tidegate-node": here.node,
            "x-tidegate-region": here.region,
        }

    async def post(self, delivery: Delivery) -> Outcome:
        """See `telemetry.forwarder.Post`."""
        headers = {**self._headers, "idempotency-key": delivery.id}
        try:
            answer = await self._http.post(
                f"/api/v1/facts/{delivery.table}", content=delivery.lines, headers=headers
            )
        except httpx.HTTPError:
            return "later"
        if answer.is_success:
            return "taken"
        return "refused" if answer.status_code in _NEVER else "later"
