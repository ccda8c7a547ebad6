"""What every remuxing ffmpeg is told: complain on standard error, copy the first video and audio as FLV to a pipe."""

HEAD = ("-hide_banner", "-nostats", "-nostdin", "-loglevel", "level+info")
"""What it finds, and complaints, with the level before each, so that errors can be told from the rest."""

PROBE = ("-fflags", "+genpts", "-probesize", "1000000", "-analyzeduration", "1500000", "-fpsprobesize", "0")
"""Begin as soon as the codecs are known: looking for the frame rate too would hold the first picture back."""

COPY = ("-c", "copy")
AAC = ("-c:v", "copy", "-c:a", "aac", "-b:a", "128k", "-ar", "48000", "-ac", "2")
"""For sources whose audio no browser plays, such as the telephone codecs of cameras."""

_LONGEST_WAIT_US = "250000"
"""How long one track's packet may wait for another track's that is late or has stopped."""

TO_PIPE = (
    "-max_interleave_delta", _LONGEST_WAIT_US, "-flush_packets", "1", "-flvflags", "no_duration_filesize",
    "-f", "flv", "pipe:1",
)  # fmt: skip

FIRST_OF_EACH = ("-map", "0:v:0?", "-map", "0:a:0?")
