"""What every gateway is wired with, whatever protocol it speaks."""

from collections.abc import Callable

from tidegate.core.streams import EndReason, Publisher
from tidegate.media.types import PacketSink

HangUp = Callable[[EndReason], None]
"""Ends a publisher's connection from outside, such as after a takeover or a kick. May be called at any time."""

SinkFactory = Callable[[Publisher, HangUp], PacketSink]
"""Opens the way from an admitted publisher to the origin.

May raise a `TidegateError`, whose sentence the publisher is told.
"""
