"""Advice over HTTP: what is wrong with one stream, and what to do."""

from litestar import Router, get
from litestar.params import FromPath

from tidegate.api import present
from tidegate.api.access import SIGNED_IN
from tidegate.api.problems import answers
from tidegate.api.services import Services
from tidegate.governance.advice.types import StreamAdvice


@get(
    "/{channel:str}/advice",
    operation_id="getStreamAdvice",
    summary="Get advice for a stream",
    opt=SIGNED_IN,
    responses=answers(401, 404),
)
async def get_advice(services: Services, channel: FromPath[str]) -> StreamAdvice:
    """What is wrong with a stream in plain sentences, each with its fix, the number it rests on and the chart that shows it."""
    known = services.channels.known(channel)
    return await services.advice.advise(services.streams.status(channel) or present.offline(known))


router = Router("/streams", tags=["Streams"], route_handlers=[get_advice])
