import { describe, expect, it } from "vitest";
import { decodeTimeS, timescale } from "./fragment-time";

function box(type: string, ...content: (number[] | Uint8Array)[]): Uint8Array {
  const body = content.flatMap((each) => [...each]);
  const size = body.length + 8;
  return new Uint8Array([0, 0, size >> 8, size & 255, ...[...type].map((c) => c.charCodeAt(0)), ...body]);
}

const u32 = (value: number) => [24, 16, 8, 0].map((shift) => (value >>> shift) & 255);
const bytes = (boxes: Uint8Array) => boxes.slice().buffer as ArrayBuffer;

const mdhd = box("mdhd", [0, 0, 0, 0], u32(0), u32(0), u32(90_000), u32(0), u32(0));
const init = bytes(box("moov", box("mvhd", u32(0)), box("trak", box("tkhd", u32(0)), box("mdia", mdhd))));
const fragment = (...tfdt: number[][]) =>
  bytes(box("moof", box("mfhd", u32(0)), box("traf", box("tfdt", ...tfdt))));

describe("decodeTimeS", () => {
  it("reads both lengths of the decode time", () => {
    expect(decodeTimeS(init, fragment([0, 0, 0, 0], u32(45_000)))).toBe(0.5);
    expect(decodeTimeS(init, fragment([1, 0, 0, 0], u32(1), u32(0)))).toBeCloseTo(2 ** 32 / 90_000, 6);
  });

  it("reads the long form of the header", () => {
    const long = box("mdhd", [1, 0, 0, 0], ...[0, 0, 0, 0].map(u32), u32(48_000), u32(0), u32(0));
    expect(timescale(bytes(box("moov", box("trak", box("mdia", long)))))).toBe(48_000);
  });

  it("knows nothing of bytes that are no boxes, cut short, or lack the box", () => {
    for (const wrong of [new ArrayBuffer(0), new ArrayBuffer(64), init.slice(0, 30)]) {
      expect(timescale(wrong)).toBeNaN();
      expect(decodeTimeS(init, wrong)).toBeNaN();
    }
    expect(decodeTimeS(init, fragment([1, 0, 0, 0], u32(1)))).toBeNaN();
  });

  it("ends on any bytes", () => {
    let seed = 7;
    for (let round = 0; round < 500; round++) {
      const noise = new Uint8Array(init.slice(0)).map((value) => {
        seed = (seed * 48_271) % 0x7fffffff;
        return seed % 9 === 0 ? seed & 255 : value;
      });
      expect(timescale(bytes(noise))).toBeTypeOf("number");
    }
  });
});
