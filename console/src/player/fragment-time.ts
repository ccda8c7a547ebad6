/** When a movie fragment begins, read from its boxes (ISO/IEC 14496-12). Pure: bytes in, seconds out. */

/** Boxes that hold the ones looked for. */
const CONTAINERS = new Set(["moov", "trak", "mdia", "moof", "traf"]);
/** Bytes of a box's size and type. */
const HEADER = 8;

/** The content of the first box of a type, wherever it is nested; undefined where there is none. */
function findBox(view: DataView, type: string): DataView | undefined {
  for (let at = 0; at + HEADER <= view.byteLength; ) {
    const size = view.getUint32(at);
    if (size < HEADER || at + size > view.byteLength) return undefined;
    const name = String.fromCharCode(...[4, 5, 6, 7].map((offset) => view.getUint8(at + offset)));
    const content = new DataView(view.buffer, view.byteOffset + at + HEADER, size - HEADER);
    if (name === type) return content;
    const inside = CONTAINERS.has(name) ? findBox(content, type) : undefined;
    if (inside) return inside;
    at += size;
  }
  return undefined;
}

/** Ticks per second of a track, from its initialisation segment's `mdhd` (8.4.2); NaN where it cannot be read. */
export function timescale(init: ArrayBuffer): number {
  const box = findBox(new DataView(init), "mdhd");
  if (!box || box.byteLength < 24) return Number.NaN;
  return box.getUint32(box.getUint8(0) === 1 ? 20 : 12);
}

/** Decode time of a fragment's first sample in seconds, from `tfdt` (8.8.12); NaN where it cannot be read. */
export function decodeTimeS(init: ArrayBuffer, fragment: ArrayBuffer): number {
  const box = findBox(new DataView(fragment), "tfdt");
  if (!box || box.byteLength < 8) return Number.NaN;
  const long = box.getUint8(0) === 1;
  if (long && box.byteLength < 12) return Number.NaN;
  return (long ? Number(box.getBigUint64(4)) : box.getUint32(4)) / timescale(init);
}
