"""Carries live video from a publisher's bytes to a viewer's screen."""
