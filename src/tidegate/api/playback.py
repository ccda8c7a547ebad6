"""Private channels: tokens to watch with, the keys that sign them, and what other edges need to check them."""

from typing import Annotated

from litestar import Router, delete, get, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from tidegate.api import present
from tidegate.api.access import EDGE, SIGNED_IN
from tidegate.api.problems import answers
from tidegate.api.services import Services
from tidegate.api.views import PlaybackTokenView, SigningKeyList
from tidegate.media.access.policy import EdgePolicy, policy_of
from tidegate.media.access.settings import SETTINGS as ACCESS_SETTINGS
from tidegate.media.access.types import SigningKey, TokenWish
from tidegate.media.beacons.settings import SETTINGS as BEACON_SETTINGS
from tidegate.media.edge.settings import SETTINGS as EDGE_SETTINGS

POLICY = (*ACCESS_SETTINGS, *BEACON_SETTINGS, *EDGE_SETTINGS)
"""What an edge elsewhere obeys too."""


class SigningKeyCreate(Struct, frozen=True, forbid_unknown_fields=True):
    """The public half of an issuer's key."""

    name: Annotated[str, Meta(min_length=1, max_length=63, description="Whose key it is.")]
    public_key: Annotated[
        str, Meta(max_length=4096, description="PEM: Ed25519, ECDSA on P-256, or RSA of at least 2048 bits.")
    ]


@post(
    "/channels/{name:str}/tokens",
    operation_id="createPlaybackToken",
    summary="Make a playback token",
    opt=SIGNED_IN,
    responses=answers(400, 401, 403, 404, 413),
)
async def create_token(
    services: Services, name: FromPath[str], data: JSONBody[TokenWish | None] = None
) -> PlaybackTokenView:
    """A token for one channel, and addresses that carry it. It cannot be called back, so keep its life short."""
    services.channels.known(name)
    token = services.playback.tokens.mint(name, data or TokenWish())
    return present.playback_token(services.addresses, token)


@get(
    "/signing-keys",
    operation_id="listSigningKeys",
    summary="List signing keys",
    opt=SIGNED_IN,
    responses=answers(401, 503),
)
async def list_keys(services: Services) -> SigningKeyList:
    """The public keys whose tokens are taken, oldest first."""
    return SigningKeyList(await services.playback.tokens.keys())


@post(
    "/signing-keys",
    operation_id="addSigningKey",
    summary="Trust an issuer",
    opt=SIGNED_IN,
    responses=answers(400, 401, 403, 409, 413, 503),
)
async def add_key(services: Services, data: JSONBody[SigningKeyCreate]) -> SigningKey:
    """Take tokens that another program signs. They must name the `id` in this answer as `kid`."""
    return await services.playback.tokens.add(data.name, data.public_key)


@post(
    "/signing-keys/rotate",
    operation_id="rotateSigningKey",
    summary="Sign with a new key",
    opt=SIGNED_IN,
    responses=answers(401, 403, 503),
)
async def rotate_key(services: Services) -> SigningKey:
    """Tokens made so far stay valid until they expire. To end them now, remove the old key too."""
    return await services.playback.tokens.rotate()


@delete(
    "/signing-keys/{key_id:str}",
    operation_id="removeSigningKey",
    summary="Stop trusting a key",
    opt=SIGNED_IN,
    responses=answers(401, 403, 404, 409, 503),
)
async def remove_key(services: Services, key_id: FromPath[str]) -> None:
    """Every token it has signed is refused from now on."""
    await services.playback.tokens.remove(key_id)


@get(
    "/edge/policy",
    opt=EDGE,
    include_in_schema=False,  # one release's edges and origins talk here; nobody else need keep up with it
)
async def edge_policy(services: Services) -> EdgePolicy:
    """Settings and public keys, for `tidegate edge run`; asked with the edge token."""
    playback = services.playback
    return policy_of(playback.settings, POLICY, playback.tokens.ring, playback.beacon_key)


router = Router(
    "/",
    tags=["Playback"],
    route_handlers=[create_token, list_keys, add_key, rotate_key, remove_key, edge_policy],
)
