/** Who is looking: whether this browser holds a session, and the ways into and out of one. */

import { signal } from "@preact/signals";
import * as client from "./client";
import { Problem } from "./problem";

export type SessionState = "unknown" | "in" | "out" | "unreachable";

export const sessionState = signal<SessionState>("unknown");

client.whenUnauthorized(() => {
  sessionState.value = "out";
});

export async function checkSession(): Promise<void> {
  try {
    await client.session.check();
    sessionState.value = "in";
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    sessionState.value = error.status === 401 ? "out" : "unreachable";
  }
}

/** Exchange the admin token for a session cookie. Throws `Problem` where it is refused. */
export async function signIn(token: string): Promise<void> {
  await client.session.open(token.trim());
  sessionState.value = "in";
}

export async function signOut(): Promise<void> {
  await client.session.close();
  sessionState.value = "out";
}

/** The token in a fragment such as `#token=…`; a fragment never leaves the browser, so no log can hold it. */
export function tokenInFragment(hash: string): string | undefined {
  const token = new URLSearchParams(hash.replace(/^#/, "")).get("token");
  return token || undefined;
}

/** Begin: take a token from the address bar where there is one, remove it there, and learn the session's state. */
export async function startSession(): Promise<void> {
  const token = tokenInFragment(location.hash);
  if (token === undefined) return checkSession();
  history.replaceState(history.state, "", location.pathname + location.search);
  try {
    await signIn(token);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    await checkSession();
  }
}
