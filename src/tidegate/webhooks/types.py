"""Endpoints and deliveries as others see them."""

from typing import Literal

import msgspec

DeliveryState = Literal["pending", "delivered", "failed"]


class Webhook(msgspec.Struct, frozen=True):
    """An endpoint that is told of events.

    Attributes:
        events: types it is told of; none: all.
        channel: the one it is told about; empty: all.
        old_secret_until: requests carry the signature of the secret before this one too until then, seconds since the
            Unix epoch; 0: there is none.
    """

    id: str
    url: str
    description: str
    events: tuple[str, ...]
    channel: str
    enabled: bool
    created_at: float
    old_secret_until: float = 0.0


class CreatedWebhook(msgspec.Struct, frozen=True):
    """An endpoint with its new signing secret, which is shown this once."""

    webhook: Webhook
    secret: str


class Delivery(msgspec.Struct, frozen=True):
    """One event on its way to one endpoint.

    Attributes:
        event: the event's id: what the receiver sees as `webhook-id`, the same at every attempt and replay.
        body: what is sent, JSON.
        attempts: requests made so far.
        next_at: when the next is made, seconds since the Unix epoch; 0 where none is.
        status: HTTP status of the last answer; 0 where there was none.
        response: the beginning of the last answer.
        error: why the last attempt failed, one sentence; empty where it did not.
        duration_s: of the last attempt.
    """

    id: str
    webhook: str
    event: str
    type: str
    channel: str
    body: str
    state: DeliveryState
    attempts: int
    next_at: float
    status: int
    response: str
    error: str
    duration_s: float
    created_at: float
    updated_at: float
