"""Reads the strip of every frame a player received: which came, which are missing, repeated or out of order."""
