"""What operators' machines ask: alive, ready, metrics; and the version, which anyone may ask."""

from typing import Any

from litestar import Request, Response, Router, get
from prometheus_client.exposition import choose_encoder

from tidegate.api import problems
from tidegate.api.access import METRICS, PUBLIC
from tidegate.api.services import Services
from tidegate.api.views import VersionView


@get("/healthz", opt=PUBLIC, include_in_schema=False)
async def alive() -> dict[str, str]:
    """The process runs and its loop turns; nothing else is looked at."""
    return {"status": "ok"}


@get("/readyz", opt=PUBLIC, include_in_schema=False)
async def ready(services: Services) -> Response[Any]:
    """Whether to send requests here. What fails stands in the log and in `/api/v1/health`, for those signed in."""
    health = await services.health.health()
    if health.status != "failing":
        return Response({"status": health.status})
    failing = [check.name for check in health.checks if check.status == "failing"]
    return problems.response(
        problems.of_status(
            503,
            f"Not ready: {', '.join(failing)}.",
            code="not-ready",
            hint="Run tidegate doctor, or look at /api/v1/health.",
        )
    )


@get("/metrics", opt=METRICS, include_in_schema=False)
async def metrics(request: Request[Any, Any, Any], services: Services) -> Response[bytes]:
    """Every counter, for Prometheus, in the format it asks for."""
    encode, content_type = choose_encoder(request.headers.get("accept", ""))
    return Response(encode(services.registry), headers={"content-type": content_type})


@get("/version", operation_id="getVersion", summary="Get the version", opt=PUBLIC, security=[{}])
async def version(services: Services) -> VersionView:
    """Which release answers."""
    return VersionView(services.version)


root = Router("/", route_handlers=[alive, ready, metrics])
router = Router("/", tags=["Operations"], route_handlers=[version])
