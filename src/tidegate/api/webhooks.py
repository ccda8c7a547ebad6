"""Webhooks as resources, the log of their deliveries, and the secret of the publish hook."""

from typing import Annotated, Literal

import msgspec
from litestar import Router, delete, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta

from tidegate.api.access import SIGNED_IN
from tidegate.api.problems import answers
from tidegate.api.services import Services
from tidegate.webhooks.events import TYPES
from tidegate.webhooks.signing_secrets import GRACE_MAX_S, GRACE_S
from tidegate.webhooks.types import CreatedWebhook, Delivery, Webhook

Url = Annotated[str, Meta(max_length=1024, examples=["https://example.org/hooks/tidegate"])]
Events = Annotated[
    tuple[str, ...], Meta(description="Types it is told of; none: all.", examples=[["stream.started"]])
]


class WebhookCreate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An endpoint to tell."""

    url: Url
    events: Events = ()
    channel: Annotated[str, Meta(description="The one it is told about; empty: all.")] = ""
    description: Annotated[str, Meta(max_length=200)] = ""


class WebhookUpdate(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What may be changed about an endpoint; what is left out stays."""

    url: Url | msgspec.UnsetType = msgspec.UNSET
    events: Events | msgspec.UnsetType = msgspec.UNSET
    channel: str | msgspec.UnsetType = msgspec.UNSET
    description: Annotated[str, Meta(max_length=200)] | msgspec.UnsetType = msgspec.UNSET
    enabled: bool | msgspec.UnsetType = msgspec.UNSET


class SecretRotate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a new secret takes the old one's place."""

    grace_s: Annotated[
        float,
        Meta(
            ge=0,
            le=GRACE_MAX_S,
            description="Seconds for which requests carry the old secret's signature too; 0: it counts no more.",
        ),
    ] = GRACE_S


class EventType(msgspec.Struct, frozen=True):
    """A kind of event, and what it means."""

    type: str
    meaning: str


class WebhookList(msgspec.Struct, frozen=True):
    """Every endpoint, oldest first, and every type of event there is."""

    items: list[Webhook]
    types: list[EventType]


class DeliveryList(msgspec.Struct, frozen=True):
    """Deliveries, newest first."""

    items: list[Delivery]


class HookSecret(msgspec.Struct, frozen=True):
    """What requests of the publish hook are signed with."""

    secret: str


@get("/", operation_id="listWebhooks", summary="List webhooks", opt=SIGNED_IN, responses=answers(401))
async def list_webhooks(services: Services) -> WebhookList:
    """Endpoints that are told of events. Their secrets are not shown again."""
    kinds = [EventType(kind, meaning) for kind, meaning in TYPES.items()]
    return WebhookList(services.webhooks.webhooks(), kinds)


@post(
    "/",
    operation_id="createWebhook",
    summary="Tell one more endpoint",
    opt=SIGNED_IN,
    responses=answers(400, 401, 403, 409, 413, 503),
)
async def create_webhook(services: Services, data: JSONBody[WebhookCreate]) -> CreatedWebhook:
    """The signing secret is in this answer only."""
    return await services.webhooks.add(data.url, data.events, data.channel, data.description)


@get(
    "/deliveries",
    operation_id="listDeliveries",
    summary="List deliveries",
    opt=SIGNED_IN,
    responses=answers(400, 401, 503),
)
async def list_deliveries(
    services: Services,
    webhook: FromQuery[str] = "",
    only: FromQuery[Literal["", "pending", "delivered", "failed"]] = "",
    limit: FromQuery[int] = 50,
) -> DeliveryList:
    """What was sent, what came back, and what is still to be sent; of one endpoint or of all."""
    return DeliveryList(await services.webhooks.deliveries(webhook, only, max(1, limit)))


@post(
    "/deliveries/{delivery:str}/replay",
    operation_id="replayDelivery",
    summary="Deliver once more",
    opt=SIGNED_IN,
    responses=answers(401, 403, 404, 503),
)
async def replay_delivery(services: Services, delivery: FromPath[str]) -> Delivery:
    """With the same id and body, so that a receiver that has it already can tell."""
    return await services.webhooks.replay(delivery)


@get(
    "/hook-secret",
    operation_id="getHookSecret",
    summary="Get the publish hook's secret",
    opt=SIGNED_IN,
    responses=answers(401),
)
async def hook_secret(services: Services) -> HookSecret:
    """Requests to `publish.hook_url` are signed with it, as webhooks are with theirs."""
    return HookSecret(services.hook_secret)


@patch(
    "/{webhook:str}",
    operation_id="updateWebhook",
    summary="Change a webhook",
    opt=SIGNED_IN,
    responses=answers(400, 401, 403, 404, 413, 503),
)
async def update_webhook(
    services: Services, webhook: FromPath[str], data: JSONBody[WebhookUpdate]
) -> Webhook:
    """What waits for it goes to the new address; a disabled one keeps what waits."""
    changes = {
        name: value for name, value in msgspec.structs.asdict(data).items() if value is not msgspec.UNSET
    }
    return await services.webhooks.change(webhook, changes)


@delete(
    "/{webhook:str}",
    operation_id="removeWebhook",
    summary="Remove a webhook",
    opt=SIGNED_IN,
    responses=answers(401, 403, 404, 503),
)
async def remove_webhook(services: Services, webhook: FromPath[str]) -> None:
    """It is told nothing more, and its deliveries are forgotten."""
    await services.webhooks.remove(webhook)


@post(
    "/{webhook:str}/test",
    operation_id="testWebhook",
    summary="Send a test",
    opt=SIGNED_IN,
    responses=answers(401, 403, 404, 503),
)
async def test_webhook(services: Services, webhook: FromPath[str]) -> Delivery:
    """An event `webhook.test`, delivered and logged like any other."""
    return await services.webhooks.test(webhook)


@post(
    "/{webhook:str}/rotate-secret",
    operation_id="rotateWebhookSecret",
    summary="Give a webhook a new secret",
    opt=SIGNED_IN,
    responses=answers(400, 401, 403, 404, 413, 503),
)
async def rotate_secret(
    services: Services, webhook: FromPath[str], data: JSONBody[SecretRotate]
) -> CreatedWebhook:
    """The new secret is in this answer only. Until the grace is over requests carry two signatures, so that a receiver
    verifies them with either.
    """
    return await services.webhooks.rotate(webhook, data.grace_s)


router = Router(
    "/webhooks",
    tags=["Webhooks"],
    route_handlers=[
        list_webhooks,
        create_webhook,
        list_deliveries,
        replay_delivery,
        hook_secret,
        update_webhook,
        remove_webhook,
        test_webhook,
        rotate_secret,
    ],
)
