/** A reading of a player that plays, for tests. */

import type { Reading } from "./cmcd";

export const PLAYING: Reading = {
  state: "p",
  bitrateBps: 2_128_400,
  topBitrateBps: 5_000_000,
  throughputBps: 48_230_000,
  bufferS: 1.43,
  latencyS: 0.912,
  rate: 1.02,
  dropped: 2,
  frames: 300,
  rendition: "720p",
};
