"""Where further edges of this installation tell their facts."""

from typing import Annotated, Any

from litestar import Request, Router, post
from litestar.params import FromPath, HeaderParameter

from tidegate.api.access import EDGE
from tidegate.api.services import Services
from tidegate.telemetry.reception import Received, Sender

MAX_DELIVERY_BYTES = 1 << 20
"""Of one delivery of facts."""


@post(
    "/facts/{table:str}",
    opt=EDGE,
    status_code=200,
    request_max_body_size=MAX_DELIVERY_BYTES,
    include_in_schema=False,  # one release's edges and platforms talk here; nobody else need keep up with it
)
async def take_facts(
    services: Services,
    request: Request[Any, Any, Any],
    table: FromPath[str],
    node: Annotated[str, HeaderParameter(name="X-Tidegate-Node", max_length=63)] = "",
    region: Annotated[str, HeaderParameter(name="X-Tidegate-Region", max_length=31)] = "",
    delivery: Annotated[str, HeaderParameter(name="Idempotency-Key", max_length=64)] = "",
) -> Received:
    """One table's facts of one node, a JSON object a line; all are taken or none."""
    return services.facts.take(table, Sender(node, region, delivery), await request.body())


router = Router("/", tags=["Telemetry"], route_handlers=[take_facts])
