"""ffmpeg as a front part of a gateway: it receives and unpacks, and its FLV is read from a pipe."""
