/** A storyboard: which rectangle of which picture shows a moment (WebVTT with `#xywh` fragments). Pure. */

export interface Tile {
  startS: number;
  endS: number;
  file: string;
  x: number;
  y: number;
  width: number;
  height: number;
}

const CUE =
  /^(\d+):(\d\d):(\d\d\.\d{3}) --> (\d+):(\d\d):(\d\d\.\d{3})\n(\S+)#xywh=(\d+),(\d+),(\d+),(\d+)$/gm;

const seconds = (h: string, m: string, s: string) => Number(h) * 3600 + Number(m) * 60 + Number(s);

export function readStoryboard(text: string): Tile[] {
  const tiles: Tile[] = [];
  for (const cue of text.replace(/\r\n?/g, "\n").matchAll(CUE)) {
    const [, h1 = "", m1 = "", s1 = "", h2 = "", m2 = "", s2 = "", file = "", ...rectangle] = cue;
    const [x = 0, y = 0, width = 0, height = 0] = rectangle.map(Number);
    tiles.push({ startS: seconds(h1, m1, s1), endS: seconds(h2, m2, s2), file, x, y, width, height });
  }
  return tiles;
}

/** The tile that shows `atS`, or the one before it. */
export function tileAt(tiles: readonly Tile[], atS: number): Tile | undefined {
  return tiles.findLast((tile) => tile.startS <= atS) ?? tiles[0];
}
