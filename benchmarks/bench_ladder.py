"""What a ladder costs: our engine against the ffmpeg CLI on the same picture, with the same encoder settings, both on one core.

How to read it: "cores" is processor time over media time, decoding, scaling and encoding together; "ratio" is ours over
ffmpeg's. VMAF compares each rung, scaled up, with the source (every fourth frame); it must not be lower than ffmpeg's, or the
processor time was not the same work. Runs are interleaved, and the least of each is taken: what else the machine does only adds.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import imageio_ffmpeg

from measure import report
from tidegate.core.clock import ManualClock
from tidegate.core.ports import Ingest
from tidegate.media.cmaf.chunk_reader import ChunkReader, ReadChunk
from tidegate.media.cmaf.packager import Packager, PackagerSettings
from tidegate.media.cmaf.reader import Header
from tidegate.media.gateway.cmaf.session import Session
from tidegate.media.transcode.encoders import ENCODERS, PEAK, VBV_S
from tidegate.media.transcode.engine import Engine
from tidegate.media.transcode.ladder import rungs_for
from tidegate.media.transcode.types import Rung, Source

LIMIT = 1.03
VMAF_SLACK = 0.5
"""Points of VMAF by which ours may be lower: what one run differs from the next."""
FPS, GOP = 30, 30
PRESET = "veryfast"
FFMPEG = imageio_ffmpeg.get_ffmpeg_exe()


def source_file(folder: Path, seconds: int) -> Path:
    """1080p at 6 Mbit/s: moving edges, text and camera noise."""
    path = folder / "source.mp4"
    run(
        "-f", "lavfi", "-i", f"testsrc2=size=1920x1080:rate={FPS},noise=alls=10:allf=t", "-t", str(seconds),
        "-c:v", "libx264", "-preset", "veryfast", "-bf", "0", "-b:v", "6M", "-g", str(GOP), "-keyint_min", str(GOP),
        "-sc_threshold", "0", "-pix_fmt", "yuv420p", str(path),
    )  # fmt: skip
    return path


def run(*arguments: str) -> str:
    done = subprocess.run(
        [FFMPEG, "-v", "info", "-nostdin", "-y", *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stderr


class Chunks:
    """An origin that keeps what it is given, as bytes."""

    timeline_start_s = 0.0

    def __init__(self) -> None:
        self.data = b""

    def track(self, track: Any) -> None:
        self.data += track.init

    def chunk(self, chunk: Any) -> None:
        self.data += chunk.data

    def ready(self) -> None: ...

    def note(self, *_words: str) -> None: ...

    def close(self, _reason: str) -> None: ...


def chunked(path: Path) -> bytes:
    """The file's picture as the origin has it."""
    pushed = subprocess.run(
        [FFMPEG, "-v", "error", "-i", str(path), "-c", "copy", "-f", "mp4", "-movflags", "cmaf", "-"],
        capture_output=True, check=True,
    ).stdout  # fmt: skip
    kept: Ingest | Any = Chunks()
    session = Session(Packager(kept, PackagerSettings(), ManualClock()), 8)
    upload = session.upload("video")
    upload.feed(pushed, 0.0)
    session.look(9.0)
    upload.end()
    return bytes(kept.data)


def rungs() -> tuple[Rung, ...]:
    return rungs_for(Source(1920, 1080, float(FPS), 6000.0), "720p 480p 360p")


def ours(source: Path, folder: Path) -> None:
    """The engine over a file of chunks; one process's work, nothing else in it."""
    header, *chunks = ChunkReader().feed(source.read_bytes())
    assert isinstance(header, Header)
    engine = Engine(header.tracks[0], float(FPS), rungs(), "x264", PRESET)
    files = {rung.rung.name: (folder / f"ours-{rung.rung.name}.mp4").open("wb") for rung in engine.rungs}
    for rung in engine.rungs:
        files[rung.rung.name].write(rung.header)
    for chunk in chunks:
        assert isinstance(chunk, ReadChunk)
        for rung, data in engine.feed(chunk):
            files[rung.name].write(data)
    for file in files.values():
        file.close()


def cli_arguments(source: Path, folder: Path) -> list[str]:
    ladder = rungs()
    split = "".join(f"[s{rung.name}]" for rung in ladder)
    graph = [f"[0:v]split={len(ladder)}{split}"]
    graph += [f"[s{r.name}]scale={r.width}:{r.height}:flags=bicubic,format=yuv420p[{r.name}]" for r in ladder]
    arguments = [
        "-threads",
        "1",
        "-i",
        str(source),
        "-filter_complex_threads",
        "1",
        "-filter_complex",
        ";".join(graph),
    ]
    for rung in ladder:
        options = {
            key: value.format(preset=PRESET, threads=1) for key, value in ENCODERS["x264"].options.items()
        }
        named = [word for key, value in options.items() for word in (f"-{key}", value)]
        peak = round(rung.kbps * 1000 * PEAK)
        arguments += [
            "-map", f"[{rung.name}]", "-c:v", "libx264", *named, "-bf", "0", "-g", "1000000",
            "-force_key_frames", f"expr:gte(t,n_forced*{GOP / FPS})", "-b:v", f"{rung.kbps}k",
            "-maxrate", str(peak), "-bufsize", str(round(peak * VBV_S)),
            "-f", "mp4", "-movflags", "cmaf", "-frag_duration", "200000", str(folder / f"cli-{rung.name}.mp4"),
        ]  # fmt: skip
    return arguments


def cpu_of(command: list[str]) -> float:
    """User and system seconds of one command."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, command
    return usage.ru_utime + usage.ru_stime


def vmaf(path: Path, source: Path) -> float:
    said = run(
        "-i", str(path), "-i", str(source), "-filter_complex",
        "[0:v]scale=1920:1080:flags=bicubic,setpts=PTS-STARTPTS[a];[1:v]setpts=PTS-STARTPTS[b];"
        "[a][b]libvmaf=n_threads=2:n_subsample=4", "-f", "null", "-",
    )  # fmt: skip
    found = re.search(r"VMAF score: ([0-9.]+)", said)
    assert found, said[-500:]
    return float(found[1])


def kbps(path: Path, seconds: int) -> float:
    return path.stat().st_size * 8 / seconds / 1000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=int, default=6, help="of media")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--engine", nargs=2, type=Path, metavar=("CHUNKS", "FOLDER"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.engine:
        ours(*asked.engine)
        return 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = source_file(folder, asked.seconds)
        chunks = folder / "source.cmfv"
        chunks.write_bytes(chunked(source))
        engine, cli = [], []
        for _ in range(asked.runs):
            engine.append(cpu_of([sys.executable, __file__, "--engine", str(chunks), name]))
            cli.append(cpu_of([FFMPEG, "-v", "error", "-nostdin", "-y", *cli_arguments(source, folder)]))
        quality = {
            rung.name: [
                (
                    vmaf(folder / f"{who}-{rung.name}.mp4", source),
                    kbps(folder / f"{who}-{rung.name}.mp4", asked.seconds),
                )
                for who in ("ours", "cli")
            ]
            for rung in rungs()
        }
    mine, theirs = min(engine), min(cli)
    ratio = mine / theirs
    rows = [
        [
            "1080p30 → 720p 480p 360p, cores",
            f"{mine / asked.seconds:.3f}",
            f"{theirs / asked.seconds:.3f}",
            f"{ratio:.3f}",
        ],
        *(
            [
                f"{name}: VMAF · kbps",
                f"{a[0]:.2f} · {a[1]:.0f}",
                f"{b[0]:.2f} · {b[1]:.0f}",
                f"{a[0] - b[0]:+.2f}",
            ]
            for name, (a, b) in quality.items()
        ),
    ]
    report(
        f"Ladder, x264 {PRESET}, {asked.seconds} s",
        ["", "ours", "ffmpeg", "ratio"],
        rows,
        {"cpu_s": {"ours": engine, "ffmpeg": cli}, "ratio": ratio, "quality": quality},
        as_json=asked.json,
    )
    same = all(a[0] >= b[0] - VMAF_SLACK for a, b in quality.values())
    return 0 if ratio <= LIMIT and same else 1


if __name__ == "__main__":
    sys.exit(main())
