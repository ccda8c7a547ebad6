"""Recordings: what is kept of broadcasts after they ended; playing, downloading, cutting and removing it."""
