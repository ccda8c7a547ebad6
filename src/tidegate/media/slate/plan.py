"""From a stream's tracks to the slate that goes with them. Pure."""

from tidegate.core.chunks import Track
from tidegate.media.slate.types import AudioPlan, VideoPlan

FALLBACK_FPS = 30.0
"""For a stream whose frames come at irregular times."""

SIDE_MIN, SIDE_MAX = 32, 4096
FPS_MAX = 120.0
TRACKS_MAX = 16


def plans(tracks: tuple[Track, ...]) -> tuple[tuple[VideoPlan, ...], tuple[AudioPlan, ...]]:
    """What to make; a track of a codec or size that cannot be made is left out."""
    video, audio = [], []
    for track in tracks[:TRACKS_MAX]:
        fourcc = track.codec.partition(".")[0]
        part_s = min(2.0, max(0.05, track.part_target_s))
        if track.kind == "video":
            if min(track.width, track.height) >= SIDE_MIN and max(track.width, track.height) <= SIDE_MAX:
                fps = track.fps if 1.0 <= track.fps <= FPS_MAX else FALLBACK_FPS
                width, height = track.width // 2 * 2, track.height // 2 * 2
                if fourcc in ("avc1", "hvc1", "av01"):
                    video.append(VideoPlan(track.name, fourcc, width, height, fps, part_s))  # type: ignore[arg-type]
        elif fourcc in ("mp4a", "Opus") and 1 <= track.channels <= 8:
            audio.append(AudioPlan(track.name, fourcc, track.sample_rate, track.channels, part_s))  # type: ignore[arg-type]
    return tuple(video), tuple(audio)
