"""Sources that are pulled: RTSP, HLS, HTTP, RTMP, SRT and files."""
