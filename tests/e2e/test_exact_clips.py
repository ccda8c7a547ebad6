"""Clips exact to the frame, proven by the numbers in the test card's pictures, and played by ffprobe and Chromium."""

import io
import json
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import av
import msgspec
import numpy as np
import pytest

from e2e.pages_rig import Visitor, chromium
from live import LivePlatform, running, wait_for
from tidegate.media.recordings.exact_types import LENGTH, Answer, CutFailed, Order, Piece, Told
from tidegate.media.testcard import strip

pytestmark = pytest.mark.serial

FPS = 30


def numbers(mp4: bytes) -> list[int]:
    """The number in each picture, in the order of showing."""
    found = []
    with av.open(io.BytesIO(mp4)) as container:
        for frame in container.decode(video=0):
            luma = np.frombuffer(memoryview(frame.planes[0]), np.uint8).reshape(-1, frame.planes[0].line_size)
            stamp = strip.decode(luma[: frame.height, : frame.width])
            assert stamp is not None
            found.append(stamp.frame)
    return found


def ends(mp4: bytes) -> dict[str, tuple[float, float]]:
    """Where each kind of track begins and ends, seconds."""
    with av.open(io.BytesIO(mp4)) as container:
        spans: dict[str, list[tuple[float, float]]] = {"video": [], "audio": []}
        for packet in container.demux():
            if packet.pts is not None:
                at = float(packet.pts * packet.time_base)
                spans[packet.stream.type].append((at, at + float(packet.duration * packet.time_base)))
    return {kind: (min(a for a, _ in each), max(b for _, b in each)) for kind, each in spans.items()}


def saved(platform: LivePlatform, recording: str) -> bytes:
    status, body = platform.get(f"/download/demo/{recording}.mp4")
    assert status == 200
    return body


def test_first_and_last_frame_are_those_asked_for(tmp_path: Any) -> None:
    with running(tmp_path / "data", linger_s=1, grace_s=1, window_s=15) as platform:
        key = platform.create_channel("demo")["ingest"]["key"]
        card = platform.publish_card(key)

        def first() -> dict[str, Any] | None:
            items = json.loads(platform.get("/api/v1/recordings", token=True)[1])["items"]
            return items[0] if items and items[0]["duration_s"] > 14 else None

        wait_for("fourteen recorded seconds", first, 60)
        card.cut()
        made = wait_for("its end", lambda: (r := first()) and (r if r["state"] != "growing" else None), 30)
        whole = numbers(saved(platform, made["id"]))
        assert whole == list(range(whole[0], whole[0] + len(whole)))
        clips = {}
        for begin, end in ((100, 250), (97, 98 + FPS)):
            words = (
                "recording",
                "clip",
                made["id"],
                f"{begin / FPS:.4f}",
                f"{end / FPS:.4f}",
                "--exact",
                "--json",
            )
            clips[begin] = clip = platform.cli_json(*words)
            assert clip["state"] == "ready"
            mp4 = saved(platform, clip["id"])
            assert numbers(mp4) == whole[begin:end]
            spans = ends(mp4)
            assert spans["video"][1] - spans["video"][0] == pytest.approx((end - begin) / FPS, abs=0.005)
            for mine, other in zip(spans["audio"], spans["video"], strict=True):
                assert abs(mine - other) <= 0.5 * 1024 / 44_100 + 0.002
        # in the middle of pictures: the one that is on the screen then is the first, and the last
        clip = platform.cli_json(
            "recording", "clip", made["id"], f"{60.5 / FPS:.4f}", f"{120.5 / FPS:.4f}", "--exact", "--json"
        )
        assert numbers(saved(platform, clip["id"])) == whole[60:121]
        refused = platform.cli("recording", "clip", made["id"], "0", "61", "--exact")
        assert refused.returncode != 0
        assert "60 s" in refused.stderr
        with av.open(clips[100]["playback"]["hls"]) as played:
            assert sum(1 for _ in played.decode(video=0)) == 150
        with chromium() as browser:
            visitor = Visitor(platform, browser.new_context())
            page = visitor.open(f"/watch/demo/{clips[100]['id']}")
            length = "document.querySelector('video')?.duration"
            visitor.until("a length", lambda: page.evaluate(f"{length} > 4"), 30)
            assert page.evaluate(length) == pytest.approx(5.0, abs=0.1)
            page.evaluate("document.querySelector('video').play()")
            visitor.until(
                "it plays to its end", lambda: page.evaluate("document.querySelector('video').ended"), 30
            )
            assert [wrong for wrong in visitor.wrongs if "404" not in wrong] == []


@pytest.fixture
def reordered(tmp_path: Path) -> tuple[bytes, list[bytes], list[Any]]:
    """Eight seconds with B-frames: their header, their fragments of two seconds, their pictures."""
    file = tmp_path / "reordered.mp4"
    words = "-v error -f lavfi -i testsrc2=s=320x180:r=30:d=8 -c:v libx264 -bf 3 -g 60 -sc_threshold 0"
    subprocess.run(["ffmpeg", *words.split(), "-movflags", "cmaf+frag_keyframe", str(file)], check=True)
    data, at, boxes = file.read_bytes(), 0, list[tuple[bytes, bytes]]()
    while at < len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        boxes.append((kind, data[at : at + size]))
        at += size
    init = b"".join(each for kind, each in boxes if kind in (b"ftyp", b"moov"))
    media = [each for kind, each in boxes if kind in (b"moof", b"mdat")]
    return init, [a + b for a, b in zip(media[::2], media[1::2], strict=True)], pictures(data)


def pictures(mp4: bytes) -> list[Any]:
    with av.open(io.BytesIO(mp4)) as container:
        return [frame.to_ndarray(format="gray").astype(int) for frame in container.decode(video=0)]


def exactly(order: Order, media: bytes) -> tuple[bytes, str]:
    """What the process makes of an order: the picture's track, or the reason why not."""
    said = msgspec.json.encode(order)
    done = subprocess.run(
        [sys.executable, "-m", "tidegate.media.recordings.exact_process"],
        input=LENGTH.pack(len(said)) + said + media, capture_output=True, check=True, timeout=60,
    )  # fmt: skip
    told, made = io.BytesIO(done.stdout), b""
    while length := told.read(LENGTH.size):
        answer = msgspec.json.decode(told.read(LENGTH.unpack(length)[0]), type=Answer)
        if isinstance(answer, CutFailed):
            return b"", answer.reason
        if not isinstance(answer, Told):
            made += told.read(answer.size)
    return made, ""


@pytest.mark.parametrize(("begin", "end"), [(35, 100), (60, 181), (119, 151)])
def test_reordered_frames_and_a_break_in_the_timeline(
    reordered: tuple[bytes, list[bytes], list[Any]], begin: int, end: int
) -> None:
    init, fragments, source = reordered
    pieces = [
        Piece(True, int(at >= 2), 2.0 * at, 0 if at else len(init), len(fragment))
        for at, fragment in enumerate(fragments)
    ]
    made, _ = exactly(Order(begin / FPS, end / FPS, pieces), init + b"".join(fragments))
    shown = pictures(made)
    assert len(shown) == end - begin
    for mine, number in ((shown[0], begin), (shown[-1], end - 1)):
        assert int(np.argmin([np.abs(mine - each).mean() for each in source])) == number


def test_what_cannot_be_cut_is_said(reordered: tuple[bytes, list[bytes], list[Any]]) -> None:
    init, fragments, _ = reordered
    piece = Piece(True, 0, 0.0, len(init), len(fragments[0]))
    assert "no picture" in exactly(Order(50.0, 55.0, [piece]), init + fragments[0])[1]
    assert exactly(Order(0.0, 1.0, [piece]), init[:40] + bytes(len(init) - 40) + fragments[0])[1]
