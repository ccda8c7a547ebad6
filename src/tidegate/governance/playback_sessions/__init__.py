"""One viewer's playback after the other."""
