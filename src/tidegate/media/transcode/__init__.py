"""Ladders: renditions of a channel's picture in smaller sizes, made by one subprocess per channel."""
