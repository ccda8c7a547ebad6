"""Channels, their stream keys, and who may publish to them."""
