/**
 * The playback token of a private channel: `/live/~TOKEN/channel/…`.
 *
 * It comes with the page's address (`?token=`) or, for those signed in, with the server's word on the channel, which
 * brings a new one before the old ends. Every request then goes out with the newest, so that playing never stops for it.
 */

const BELOW_TOKEN = /\/live\/~([^/]+)\//;

let newest = "";

export const tokenIn = (search: string): string => new URLSearchParams(search).get("token") ?? "";

export function playlistPath(channel: string, token: string): string {
  const below = token ? `~${encodeURIComponent(token)}/` : "";
  return `/live/${below}${encodeURIComponent(channel)}/index.m3u8`;
}

/** Take the token out of an address the server gave; true where it is another than before. */
export function takeToken(address: string): boolean {
  const token = BELOW_TOKEN.exec(address)?.[1] ?? "";
  const changed = token !== newest;
  newest = token;
  return changed;
}

/** `url` with the newest token in the place of an older one. */
export const withNewest = (url: string): string =>
  newest ? url.replace(BELOW_TOKEN, `/live/~${newest}/`) : url;

/** hls.js's hook before each request. */
export function openWithNewest(request: XMLHttpRequest, url: string): void {
  if (newest) request.open("GET", withNewest(url), true);
}
