"""Recordings as rows of the store: the only place of this folder that speaks SQL."""

from typing import Any

from sqlalchemy import Row, delete, insert, select

from tidegate.media.recordings.types import Recording
from tidegate.store import Transaction
from tidegate.store.tables import recordings

ALL = select(recordings)


def to_recording(row: Row[Any]) -> Recording:
    return Recording(
        id=row.id,
        channel=row.channel,
        title=row.title,
        state=row.state,
        started_at=row.started_at,
        ended_at=row.ended_at,
        duration_s=row.duration_s,
        gap_s=row.gap_s,
        bytes=row.bytes,
        keep=bool(row.keep),
        home_region=row.home_region,
        version=row.version,
        source=row.source,
        reason=row.reason,
    )


def find(transaction: Transaction, recording: str) -> Recording | None:
    row = transaction.execute(ALL.where(recordings.c.id == recording)).first()
    return to_recording(row) if row else None


def add(transaction: Transaction, recording: Recording) -> None:
    row = {
        "home_region": transaction.region,
        "id": recording.id,
        "channel": recording.channel,
        "source": recording.source,
        "title": recording.title,
        "reason": recording.reason,
        "state": recording.state,
        "started_at": recording.started_at,
        "ended_at": recording.ended_at,
        "duration_s": recording.duration_s,
        "gap_s": recording.gap_s,
        "bytes": recording.bytes,
        "keep": recording.keep,
        "version": 1,
        "created_at": transaction.now,
        "updated_at": transaction.now,
    }
    transaction.execute(insert(recordings).values(row))


def change(transaction: Transaction, recording: Recording, values: dict[str, object]) -> int:
    """Change `recording` if it is still as it was read; returns its new version."""
    key = {"home_region": recording.home_region, "id": recording.id}
    return transaction.swap(recordings, key, recording.version, values)


def remove(transaction: Transaction, recording: Recording) -> None:
    transaction.execute(
        delete(recordings).where(
            recordings.c.home_region == recording.home_region, recordings.c.id == recording.id
        )
    )
