"""Events between parts: small, best-effort, never waited for. Truth stays in the store; a late reader re-reads it."""

from tidegate.bus.contract import Bus, Lagged, Subscription
from tidegate.bus.local import LocalBus

__all__ = ["Bus", "Lagged", "LocalBus", "Subscription"]
