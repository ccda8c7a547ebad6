"""Publishing over RTMP with ffmpeg: the command line, its supervision, and files in real time."""
