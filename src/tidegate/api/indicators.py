"""Indicators over HTTP: which there are, what they mean, and their numbers over any slice."""

from litestar import Router, get, post
from litestar.params import FromPath, JSONBody

from tidegate.api.access import SIGNED_IN
from tidegate.api.indicator_views import IndicatorList, IndicatorView
from tidegate.api.problems import answers
from tidegate.api.services import ApiServices, Services
from tidegate.governance.indicators.types import Indicator, IndicatorAnswer, IndicatorQuery


@get("/", operation_id="listIndicators", summary="List indicators", opt=SIGNED_IN, responses=answers(401))
async def list_indicators(services: Services) -> IndicatorList:
    """Every indicator with its unit, what it means and when to worry."""
    return IndicatorList([_view(services, each) for each in services.indicators.catalogue])


@get(
    "/{name:str}",
    operation_id="getIndicator",
    summary="Get an indicator",
    opt=SIGNED_IN,
    responses=answers(401, 404),
)
async def get_indicator(services: Services, name: FromPath[str]) -> IndicatorView:
    """One indicator: what it means, how it is reckoned, by what it may be asked."""
    return _view(services, services.indicators.catalogue.get(name))


@post(
    "/query",
    operation_id="queryIndicators",
    summary="Ask for indicators",
    opt=SIGNED_IN,
    status_code=200,
    responses=answers(400, 401, 403, 404, 413, 422, 503),
)
async def query_indicators(services: Services, data: JSONBody[IndicatorQuery]) -> IndicatorAnswer:
    """Numbers over a range, as one or step by step, by dimensions, of a slice. The answer says which queries gave them."""
    return await services.indicators.query(data)


def _view(services: ApiServices, indicator: Indicator) -> IndicatorView:
    return IndicatorView(
        name=indicator.name,
        title=indicator.title,
        group=indicator.group,
        owner=indicator.owner,
        unit=services.indicators.unit(indicator),
        direction=indicator.direction,
        sentence=indicator.sentence,
        worry=indicator.worry,
        formula=indicator.written,
        tables=indicator.tables,
        dimensions=indicator.dimensions,
    )


router = Router(
    "/indicators", tags=["Indicators"], route_handlers=[list_indicators, get_indicator, query_indicators]
)
