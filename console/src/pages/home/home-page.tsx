/** The front page: what is live now, for those who may know; the way in for everyone else. */

import { streams } from "../../api/client";
import { usePoll } from "../../api/poll";
import { sessionState } from "../../api/session";
import { duration, plural } from "../../ui/format";
import { ProblemNotice, Skeleton, StatePill, useNow, useTitle } from "../../ui/kit";
import { SignedIn } from "../../ui/shell";
import "./home.css";

const POLL_MS = 5_000;

export function HomePage() {
  useTitle("Tidegate");
  if (sessionState.value !== "in") {
    return (
      <>
        <SignedIn>{null}</SignedIn>
        <p class="muted small sign-in-more">
          Came to watch? Open the link you were given, such as <code>/watch/…</code>. Building something? The{" "}
          <a href="/docs">API reference</a> is open to all.
        </p>
      </>
    );
  }
  return <Overview />;
}

function Overview() {
  return (
    <div class="stack">
      <div class="page-head">
        <h1>Live now</h1>
        <a class="button" data-kind="primary" href="/studio">
          Go live yourself
        </a>
      </div>
      <LiveNow />
      <section class="home-links" aria-label="Elsewhere">
        <Elsewhere href="/studio" title="Studio">
          Channels, stream keys, what arrives and what leaves.
        </Elsewhere>
        <Elsewhere href="/console" title="Console">
          Every stream, every machine, and whether all is well.
        </Elsewhere>
        <Elsewhere href="/docs" title="API reference">
          Every call, with examples to copy.
        </Elsewhere>
      </section>
    </div>
  );
}

function LiveNow() {
  const now = useNow();
  const { data, problem } = usePoll("home", streams.list, { everyMs: POLL_MS }).state.value;
  if (!data) return problem ? <ProblemNotice problem={problem} /> : <Skeleton height="8rem" />;
  const running = data
    .filter(({ state }) => state === "live" || state === "interrupted" || state === "starting")
    .sort((a, b) => b.viewers - a.viewers);
  if (running.length === 0) {
    return (
      <section class="card empty">
        <h2>Nothing is live</h2>
        <p>Create a channel in the studio, point OBS or ffmpeg at it, and it appears here.</p>
        <a class="button" href="/studio">
          Open the studio
        </a>
      </section>
    );
  }
  return (
    <ul class="home-live">
      {running.map(({ channel, title, state, viewers, started_at }) => (
        <li key={channel}>
          <a class="card" href={`/watch/${channel}`}>
            <span>
              <StatePill state={state} />
            </span>
            <strong>{title || channel}</strong>
            <span class="muted small figure">
              {plural(viewers, "viewer")} · {duration(now - started_at)}
            </span>
          </a>
        </li>
      ))}
    </ul>
  );
}

function Elsewhere({ href, title, children }: { href: string; title: string; children: string }) {
  return (
    <div>
      <a href={href}>
        <strong>{title}</strong>
      </a>
      <p class="muted small">{children}</p>
    </div>
  );
}
