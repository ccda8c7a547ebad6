import { describe, expect, it } from "vitest";
import { type Reading, reportLine } from "./cmcd";
import { PLAYING } from "./playing.fixture";

const base = { event: "ps", session: "s-1", seq: 3, atMs: 1_700_000_000_000 } as const;

describe("a report", () => {
  it("says what is known, as CMCD version 2", () => {
    expect(reportLine({ ...base, reading: PLAYING, startupS: 0.3104 })).toBe(
      'bl=(1400),br=(2128;v),dfa=2,e=ps,ltc=912,msd=310,mtp=(48200),pr=1.020,sid="s-1",sn=3,sta=p,tb=(5000;v),' +
        'ts=1700000000000,v=2,tidegate-frames="300",tidegate-rendition="720p"',
    );
  });

  it("leaves out what is not", () => {
    const nothing: Reading = {
      ...PLAYING,
      state: "s",
      bitrateBps: 0,
      topBitrateBps: 0,
      throughputBps: Number.NaN,
      bufferS: 0,
      latencyS: Number.NaN,
      rate: 1,
      dropped: 0,
      frames: 0,
      rendition: "",
    };
    expect(reportLine({ ...base, reading: nothing })).toBe(
      'bl=(0),e=ps,sid="s-1",sn=3,sta=s,ts=1700000000000,v=2',
    );
  });

  it("cannot be broken by a text", () => {
    const line = reportLine({ ...base, event: "e", reading: PLAYING, error: 'a"b\\c\n"),x=1' });
    expect(line).toContain('ec=("a b c ),x=1"),');
  });
});
