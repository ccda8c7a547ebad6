/** hls.js configured for parts of 200 ms and for servers that come and go. */

import type { HlsConfig, LoadPolicy, RetryConfig } from "hls.js";

/** Evenly, because what is waited for comes any moment: a first part, a publisher's return, a server's restart. */
const RETRY: Omit<RetryConfig, "maxNumRetry"> = {
  retryDelayMs: 400,
  maxRetryDelayMs: 400,
  backoff: "linear",
};

/** Answers that a restarting or overloaded server gives for a while; 0 is a refused connection. */
function passing(status: number | undefined): boolean {
  return (
    status === undefined ||
    status === 0 ||
    status === 404 ||
    status === 408 ||
    status === 429 ||
    status >= 500
  );
}

/** Times a playlist may be missing before another rendition is tried: its ladder may have been taken out. */
const MISSING_MAX = 8;

/** Try for as long as it takes: a publisher may be away a minute, and the viewer must not have to reload. */
const PERSISTENT: LoadPolicy = {
  default: {
    // a blocking reload may be held for some segments while the publisher is away
    maxTimeToFirstByteMs: 20_000,
    maxLoadTimeMs: 30_000,
    timeoutRetry: { ...RETRY, maxNumRetry: 1_000 },
    errorRetry: {
      ...RETRY,
      maxNumRetry: 1_000,
      shouldRetry: (_config, count, timedOut, response) =>
        timedOut || (passing(response?.code) && (response?.code !== 404 || count < MISSING_MAX)),
    },
  },
};

/** A part or segment that stays away is skipped or escalates to a new start; it is not worth waiting a minute for. */
const MEDIA: LoadPolicy = {
  default: {
    maxTimeToFirstByteMs: 8_000,
    maxLoadTimeMs: 20_000,
    timeoutRetry: { ...RETRY, maxNumRetry: 6 },
    errorRetry: {
      ...RETRY,
      maxNumRetry: 12,
      shouldRetry: (config, retries, timedOut, response) =>
        retries < (config?.maxNumRetry ?? 0) && (timedOut || passing(response?.code)),
    },
  },
};

/** A manifest that is not there yet is the page's business: it knows the stream's state and starts anew. */
const MANIFEST: LoadPolicy = {
  default: {
    maxTimeToFirstByteMs: 8_000,
    maxLoadTimeMs: 10_000,
    timeoutRetry: { ...RETRY, maxNumRetry: 2 },
    errorRetry: { ...RETRY, maxNumRetry: 0 },
  },
};

export function hlsConfig(channel: string, sessionId: string | undefined): Partial<HlsConfig> {
  return {
    lowLatencyMode: true,
    // parts are fragments of ISO BMFF already: passing them through is cheaper than handing them to a worker
    enableWorker: false,
    // neither liveSyncDuration nor liveSyncDurationCount: either would override the playlist's PART-HOLD-BACK
    liveSyncOnStallIncrease: 0,
    maxLiveSyncPlaybackRate: 1, // the rate is RateController's
    backBufferLength: 60,
    maxBufferLength: 20,
    liveDurationInfinity: true,
    startFragPrefetch: true,
    testBandwidth: false,
    abrEwmaDefaultEstimate: 5_000_000,
    enableInterstitialPlayback: false,
    manifestLoadPolicy: MANIFEST,
    playlistLoadPolicy: PERSISTENT,
    fragLoadPolicy: MEDIA,
    cmcd: { ...(sessionId && { sessionId }), contentId: channel, useHeaders: true },
  };
}
