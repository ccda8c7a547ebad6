"""RTMP, RTMPS and Enhanced RTMP ingest."""
