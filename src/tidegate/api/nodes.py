"""Machines and health: what the platform says of itself."""

from litestar import Router, get

from tidegate.api.access import SIGNED_IN
from tidegate.api.problems import answers
from tidegate.api.services import Services
from tidegate.api.views import NodeList
from tidegate.core.nodes import Health


@get("/nodes", operation_id="listNodes", summary="List nodes", opt=SIGNED_IN, responses=answers(401))
async def list_nodes(services: Services) -> NodeList:
    """What each machine says of itself, over the last few seconds."""
    return NodeList(services.nodes.nodes())


@get("/health", operation_id="getHealth", summary="Get health", opt=SIGNED_IN, responses=answers(401))
async def get_health(services: Services) -> Health:
    """Every check with its state, and what to do where it is not ok."""
    return await services.health.health()


router = Router("/", tags=["Operations"], route_handlers=[list_nodes, get_health])
