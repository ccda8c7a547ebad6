"""The demo world: who watches it, and buttons to hurt and heal it. Where there is none, it says so and nothing more."""

from litestar import Router, delete, get, post
from litestar.params import FromPath

from tidegate.api.access import SIGNED_IN
from tidegate.api.problems import answers
from tidegate.api.services import Services
from tidegate.core.world import WorldStatus


@get("/", operation_id="getWorld", summary="Get the demo world", opt=SIGNED_IN, responses=answers(401))
async def get_world(services: Services) -> WorldStatus:
    """What its synthetic viewers do, and what is being done to them. `running` is false on every platform but a demo's."""
    return services.world.status()


@post(
    "/hurt/{what:str}",
    operation_id="hurtWorld",
    summary="Hurt the demo world",
    opt=SIGNED_IN,
    status_code=200,
    responses=answers(401, 403, 404, 409),
)
async def hurt_world(services: Services, what: FromPath[str]) -> WorldStatus:
    """Begin one of `hurts`; what is hurt already stays so. There is nothing to hurt but in a demo."""
    return await services.world.hurt(what)


@delete(
    "/hurt/{what:str}",
    operation_id="healWorld",
    summary="Heal the demo world",
    opt=SIGNED_IN,
    status_code=200,
    responses=answers(401, 403, 404),
)
async def heal_world(services: Services, what: FromPath[str]) -> WorldStatus:
    """Undo it; what is well stays so. What `heals_itself` is left to."""
    return await services.world.heal(what)


router = Router("/world", tags=["Demo"], route_handlers=[get_world, hurt_world, heal_world])
