"""Signatures of Standard Webhooks, version 1 (standardwebhooks.com): HMAC-SHA-256 over id, time and body.

A receiver computes the same, compares in constant time, and refuses times more than some minutes away.
"""

import base64
import hashlib
import hmac
import secrets

PREFIX = "whsec_"
SECRET_BYTES = 32


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def headers(secrets_valid: tuple[str, ...], message_id: str, at: int, body: bytes) -> dict[str, str]:
    """What a receiver checks; `at` in whole seconds since the Unix epoch. One signature a secret: it need know but one."""
    signed = f"{message_id}.{at}.".encode() + body
    signatures = " ".join(_signature(secret, signed) for secret in secrets_valid)
    return {
        "content-type": "application/json",
        "user-agent": "Tidegate-Webhooks/1",
        "webhook-id": message_id,
        "webhook-timestamp": str(at),
        "webhook-signature": signatures,
    }


def _signature(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    return f"v1,{base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()}"
