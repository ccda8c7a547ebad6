import { expect, test } from "vitest";
import { readStoryboard, tileAt } from "./storyboard";

const TRACK = `WEBVTT

00:00:00.000 --> 00:00:02.000
storyboard.jpg#xywh=0,0,160,90

01:00:02.000 --> 01:00:04.500
storyboard.jpg#xywh=160,90,160,90
`;

test("each cue is a tile", () => {
  const tiles = readStoryboard(TRACK);
  expect(tiles).toHaveLength(2);
  expect(tiles[1]).toEqual({
    startS: 3602,
    endS: 3604.5,
    file: "storyboard.jpg",
    x: 160,
    y: 90,
    width: 160,
    height: 90,
  });
});

test("a moment shows the tile that began last", () => {
  const tiles = readStoryboard(TRACK);
  expect(tileAt(tiles, 1)?.x).toBe(0);
  expect(tileAt(tiles, 500)?.x).toBe(0);
  expect(tileAt(tiles, 9999)?.x).toBe(160);
  expect(tileAt([], 1)).toBeUndefined();
});

test("what is no storyboard has no tiles", () => {
  expect(readStoryboard("<html>not found</html>")).toEqual([]);
});
