"""Tidegate: a live-streaming platform a team can own whole."""

__version__ = "0.1.0"
