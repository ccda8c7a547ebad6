"""Playback tokens and the keys that sign them: what others may call.

In: wishes for tokens, public keys of other issuers. Out: tokens; the key ring kept as the store has it. The private key
is a file of this node's data folder, its public half a row that every edge reads; so the store holds nothing that could
sign, and a node signs while the store is away.
"""

import asyncio
import hashlib
from pathlib import Path

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from tidegate.core.clock import Clock
from tidegate.core.errors import ConflictError, InvalidError, NotFoundError, UnavailableError
from tidegate.core.ids import random_token
from tidegate.core.origins import checked_origins
from tidegate.core.settings import SettingsBook, Subject
from tidegate.media.access import rows
from tidegate.media.access.claims import AUDIENCE, NETWORKS_MAX, VIEWER_MAX_CHARS, Claims, parse_network
from tidegate.media.access.keyring import KeyRing
from tidegate.media.access.secret_file import SecretFileError, open_secret_file, write_secret_file
from tidegate.media.access.settings import PAGE_TOKEN_S
from tidegate.media.access.tokens import read_public_key, sign
from tidegate.media.access.types import PlaybackToken, SigningKey, TokenWish
from tidegate.store import Store, Transaction

TTL_MIN_S = 10
TTL_MAX_S = 7 * 86_400
"""Longest life of a token made here. A token cannot be called back by itself, only with its key."""
KEYS_MAX = 64
PREVIEWS_MAX = 4096

_log = structlog.get_logger()


class SigningKeyNotFoundError(NotFoundError):
    code = "signing-key-not-found"


class SigningKeyExistsError(ConflictError):
    code = "signing-key-exists"


class TooManySigningKeysError(ConflictError):
    code = "too-many-signing-keys"


class TokenWishError(InvalidError):
    code = "token-wish"


class PlaybackTokens:
    """Makes tokens and keeps the keys.

    Attributes:
        ring: every public key in effect, for gates.
        minted: tokens made since start.
    """

    def __init__(self, store: Store, clock: Clock, key_file: Path, book: SettingsBook) -> None:
        self._store = store
        self._clock = clock
        self._key_file = key_file
        self._book = book
        self._previews: dict[str, PlaybackToken] = {}
        self.ring = KeyRing()
        self.minted = 0

    async def start(self) -> None:
        """Read or make this node's private key, see that its public half is in the store, and read all others.

        Raises:
            SecretFileError: the key's file cannot be used.
            StoreUnavailableError: the store did not answer.
        """
        self._signer = _Signer(await asyncio.to_thread(_read_private_key, self._key_file))
        await self._store.write(self._signer.register)
        await self.load()

    async def load(self) -> None:
        """Read the keys as the store has them."""
        now = self._clock.wall()
        keys = [key for key in await self.keys() if not key.retires_at or key.retires_at > now]
        self.ring.replace_all(read_public_key(key.id, key.public_key) for key in keys)

    async def keep_current(self, every_s: float) -> None:
        """Load again and again: other nodes add keys, and retired ones end. Ends by cancellation."""
        while True:
            await asyncio.sleep(every_s)
            try:
                await self.load()
            except UnavailableError as error:
                _log.warning("signing_keys_not_refreshed", reason=error.message)

    async def keys(self) -> list[SigningKey]:
        """Every key, oldest first."""
        return [rows.to_key(row) for row in await self._store.read(rows.ALL)]

    async def add(self, name: str, public_key: str) -> SigningKey:
        """Trust an issuer of one's own.

        Raises:
            PublicKeyInvalidError: it is no public key that is taken.
            SigningKeyExistsError: it is there already.
            TooManySigningKeysError: `KEYS_MAX` are.
        """
        key_id = key_id_of(public_key)
        read_public_key(key_id, public_key)

        def work(transaction: Transaction) -> None:
            rows.remove_retired(transaction)
            if rows.exists(transaction, key_id):
                raise SigningKeyExistsError(
                    f"This key is there already, as {key_id}.", hint="Use it as it is."
                )
            if rows.count(transaction) >= KEYS_MAX:
                raise TooManySigningKeysError(
                    f"There are {KEYS_MAX} keys, the most there may be.", hint="Remove one."
                )
            rows.add(transaction, key_id, name, "external", public_key)

        await self._store.write(work)
        await self.load()
        return next(key for key in await self.keys() if key.id == key_id)

    async def remove(self, key_id: str) -> None:
        """Stop trusting a key: every token it has signed is refused from now on.

        Raises:
            SigningKeyNotFoundError: there is none of this id.
            ConflictError: it is the one this node signs with.
        """
        if key_id == self._signer.key_id:
            raise ConflictError(
                "This node signs with this key.", hint="Rotate first; then the old one can be removed."
            )
        if not await self._store.write(lambda transaction: rows.remove(transaction, key_id)):
            raise SigningKeyNotFoundError(f"There is no signing key {key_id[:40]!r}.", hint="List them.")
        await self.load()

    async def rotate(self) -> SigningKey:
        """Sign with a new key from now on. Tokens of the old one stay valid until the longest of them has expired, or
        until it is removed.
        """
        before, signer = self._signer, _Signer(Ed25519PrivateKey.generate())
        pem = _private_pem(signer.private)
        try:  # first, so that a crash in between leaves a key that the next start makes known
            await asyncio.to_thread(write_secret_file, self._key_file, pem, replace=True)
        except OSError as error:
            raise SecretFileError(
                f"{self._key_file} cannot be written: {error}.", hint="Check the disk, and rotate again."
            ) from error

        def work(transaction: Transaction) -> None:
            rows.remove_retired(transaction)
            signer.register(transaction)
            rows.retire(transaction, before.key_id, transaction.now + TTL_MAX_S)

        await self._store.write(work)
        self._signer = signer
        await self.load()
        self._previews.clear()
        return next(key for key in await self.keys() if key.id == self._signer.key_id)

    def mint(self, channel: str, wish: TokenWish) -> PlaybackToken:
        """A token for `channel`.

        Raises:
            TokenWishError: it wishes for what cannot be.
        """
        now = self._clock.wall()
        claims = _claims(channel, wish, now)
        self.minted += 1
        return PlaybackToken(channel, sign(claims, self._signer.private, self._signer.key_id), claims.exp)

    def preview(self, channel: str) -> PlaybackToken:
        """A token for people who are signed in anyway; the same until half its life is over."""
        ttl_s = self._book.value(PAGE_TOKEN_S, Subject(channel=channel))
        kept = self._previews.get(channel)
        if kept is not None and ttl_s / 2 < kept.expires_at - self._clock.wall() <= ttl_s:
            return kept
        if len(self._previews) >= PREVIEWS_MAX:
            self._previews.clear()
        made = self._previews[channel] = self.mint(channel, TokenWish(ttl_s=ttl_s))
        return made


class _Signer:
    """A private key with what others know of it."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        self.private = private
        self.public_pem = public.decode()
        self.key_id = key_id_of(self.public_pem)

    def register(self, transaction: Transaction) -> None:
        if not rows.exists(transaction, self.key_id):
            rows.add(transaction, self.key_id, "this installation", "installation", self.public_pem)


def key_id_of(public_key: str) -> str:
    """A name made of the key itself: the same wherever it is given, and never another key's."""
    packed = "".join(public_key.split())
    return f"key_{hashlib.sha256(packed.encode()).hexdigest()[:20]}"


def _claims(channel: str, wish: TokenWish, now: float) -> Claims:
    if not TTL_MIN_S <= wish.ttl_s <= TTL_MAX_S:
        raise TokenWishError(
            f"ttl_s is {wish.ttl_s}.",
            hint=f"It may be {TTL_MIN_S} to {TTL_MAX_S} (seven days).",
            field="ttl_s",
        )
    if len(wish.cidr) > NETWORKS_MAX:
        raise TokenWishError(
            f"cidr lists more than {NETWORKS_MAX} networks.", hint="Give fewer.", field="cidr"
        )
    try:
        networks = [str(parse_network(text)) for text in wish.cidr]
    except ValueError:
        raise TokenWishError(
            "cidr lists what is no network.", hint="Give 203.0.113.7 or 203.0.113.0/24.", field="cidr"
        ) from None
    if len(wish.viewer) > VIEWER_MAX_CHARS:
        raise TokenWishError(
            f"viewer is longer than {VIEWER_MAX_CHARS} characters.", hint="Give a shorter id.", field="viewer"
        )
    return Claims(
        sub=channel,
        aud=AUDIENCE,
        iat=int(now),
        exp=int(now) + wish.ttl_s,
        jti=random_token(60),
        cidr=networks or "",
        origins=list(checked_origins(" ".join(wish.origins))) or "",
        viewer=wish.viewer,
    )


def _read_private_key(path: Path) -> Ed25519PrivateKey:
    content = open_secret_file(path, lambda: _private_pem(Ed25519PrivateKey.generate()))
    try:
        key = load_pem_private_key(content, None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise SecretFileError(
            f"{path} holds no Ed25519 private key.",
            hint="Put it back from a backup, or delete it to have a new one made: tokens signed so far stay valid.",
        )
    return key


def _private_pem(key: Ed25519PrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
