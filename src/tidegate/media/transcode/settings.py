"""What an operator may set about ladders; each channel may have values of its own."""

from tidegate.core.settings import Setting

ENABLED = Setting(
    name="ladder.enabled",
    default=False,
    owner="transcode",
    sentence="Make smaller renditions of the publisher's picture, so that viewers on thin networks can watch.",
)
RUNGS = Setting(
    name="ladder.rungs",
    default="720p 480p 360p",
    owner="transcode",
    sentence="Which renditions: sizes such as 720p, or 720p@2500 with kbps. None is made that is not smaller than the source.",
)
ENCODER = Setting(
    name="ladder.encoder",
    default="x264",
    owner="transcode",
    sentence="What encodes renditions; `tidegate doctor` says which work on this machine.",
    choices=("x264", "nvenc", "qsv", "vaapi", "videotoolbox"),
)
PRESET = Setting(
    name="ladder.preset",
    default="veryfast",
    owner="transcode",
    sentence="Processor time against quality: each step down costs about half as much again.",
    choices=("ultrafast", "superfast", "veryfast", "faster", "fast", "medium"),
)
AUDIO_ONLY = Setting(
    name="ladder.audio_only",
    default=True,
    owner="transcode",
    sentence="Offer the sound alone as the ladder's lowest rung, for networks that carry no picture.",
)
CPU_SHARE = Setting(
    name="ladder.cpu_share",
    default=0.6,
    owner="transcode",
    sentence="Share of this machine's processor that all ladders together may take; a ladder that does not fit is not begun.",
    gray_unit="node",
    minimum=0.0,
    maximum=1.0,
    scopes=("node", "cell", "region"),
)
SETTINGS = (ENABLED, RUNGS, ENCODER, PRESET, AUDIO_ONLY, CPU_SHARE)
