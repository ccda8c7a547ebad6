"""An RTSP server that plays one MP4 file, made with GStreamer's: run by the system's Python, which has its bindings.

/usr/bin/python3 rtsp_server.py FILE AUDIO     prints its port; AUDIO is `aac` or `alaw`
"""

import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402 - only after the versions are chosen

Gst.init(None)
AUDIO = {
    "aac": "d. ! queue ! aacparse ! rtpmp4gpay name=pay1 pt=97",
    "alaw": "audiotestsrc is-live=true ! audio/x-raw,rate=8000,channels=1 ! alawenc ! rtppcmapay name=pay1 pt=8",
}
server = GstRtspServer.RTSPServer.new()
server.set_address("127.0.0.1")
server.set_service("0")
factory = GstRtspServer.RTSPMediaFactory.new()
factory.set_launch(
    f"( filesrc location={sys.argv[1]} ! qtdemux name=d d. ! queue ! rtph264pay name=pay0 pt=96 config-interval=-1 {AUDIO[sys.argv[2]]} )"
)
server.get_mount_points().add_factory("/stream", factory)
server.attach(None)
print(server.get_bound_port(), flush=True)
GLib.MainLoop().run()
