"""Frames find the places of the source's samples, whatever is reordered or lost."""

import random

from tidegate.media.cmaf.reader import SourceSample
from tidegate.media.transcode.alignment import PLACES_MAX, Aligner, Place
from tidegate.media.transcode.parts import PartWriter

STEP = 3000


def chunk(first: int, offsets: list[int], *, sync: bool = False) -> list[SourceSample]:
    return [
        SourceSample(1, (first + index) * STEP, STEP, offset * STEP, sync and index == 0, b"x")
        for index, offset in enumerate(offsets)
    ]


def placed(aligner: Aligner, pts: list[int]) -> list[Place | None]:
    return [aligner.place(each * STEP) for each in pts]


def test_frames_take_the_decode_times_in_the_order_they_are_shown() -> None:
    aligner = Aligner(90_000)
    aligner.chunk(chunk(0, [1, 3, 0, 0], sync=True), opens=True)  # shown 1, 4, 2, 3
    aligner.chunk(chunk(4, [1, 1, 1, 1]), opens=False)
    places = placed(aligner, [1, 2, 3, 4, 5, 6, 7, 8])
    assert [place.dts // STEP for place in places if place] == list(range(8))
    first, *_, last = [place for place in places if place]
    assert (first.opens, first.key, first.part_start, first.part_end) == (True, True, 0, 4 * STEP)
    assert (last.part, last.last, last.key) == (1, True, False)
    assert aligner.lost == 0


def test_lost_frames_leave_their_places_and_hand_on_the_keyframe() -> None:
    aligner = Aligner(90_000)
    aligner.chunk(chunk(0, [0, 0, 0], sync=True), opens=True)
    places = placed(aligner, [1, 2])
    assert [place.dts // STEP for place in places if place] == [1, 2]
    assert places[0] is not None
    assert places[0].key
    assert aligner.lost == 1
    assert aligner.place(99 * STEP) is None


def test_keyframes_are_thinned_out_but_segments_always_begin_with_one() -> None:
    aligner = Aligner(90_000)
    keys = []
    for index in range(20):
        aligner.chunk(chunk(index, [0], sync=True), opens=index == 3)
        place = aligner.place(index * STEP)
        assert place is not None
        keys.append(place.key)
    assert [index for index, key in enumerate(keys) if key] == [0, 3, 18]


def test_places_are_bounded() -> None:
    aligner = Aligner(90_000)
    for index in range(PLACES_MAX + 2):
        aligner.chunk(chunk(index, [0]), opens=False)
    assert aligner.lost > PLACES_MAX


def test_parts_begin_and_end_with_the_sources_whatever_is_lost() -> None:
    from tidegate.media.cmaf.boxes import read_fragments  # noqa: PLC0415

    chance = random.Random(7)
    for _ in range(200):
        aligner, writer = Aligner(90_000), PartWriter()
        count = 6
        shown = [index for index in range(count * 4) if chance.random() > 0.3]
        chunks = []
        for part in range(4):
            aligner.chunk(chunk(part * count, [0] * count, sync=True), opens=part == 0)
        for index in shown:
            place = aligner.place(index * STEP)
            assert place is not None
            chunks += writer.add(place, index * STEP, bytes([index]), key=place.key)
        read = [fragment for data in chunks for fragment in read_fragments(data)]
        for fragment in read:
            assert fragment.dts % (count * STEP) == 0
            assert fragment.duration == count * STEP
            for sample in fragment.samples:
                assert sample.dts + sample.cts == sample.data[0] * STEP, "shown when the source shows it"
