/** The demo's world: its synthetic viewers by region, and a button each to hurt what they watch. Nothing but a demo has one. */

import { useState } from "preact/hooks";
import { world } from "../../api/client";
import { usePoll } from "../../api/poll";
import type { Problem } from "../../api/problem";
import type { Hurt, RegionCrowd, WorldStatus } from "../../api/types";
import { ago, bitrate, count, plural, seconds } from "../../ui/format";
import { Pill, ProblemNotice, type Tone, useNow } from "../../ui/kit";
import "./world.css";

const THERE_MS = 60_000;
const WORLD_MS = 1_000;

/** Draws nothing on a platform that is no demo. */
export function World() {
  const there = usePoll("world-there", world.read, { everyMs: THERE_MS }).state.value;
  return there.data?.running ? <RunningWorld /> : null;
}

function RunningWorld() {
  const poll = usePoll("world", world.read, { everyMs: WORLD_MS });
  const { data } = poll.state.value;
  return data ? <WorldCard status={data} onChanged={poll.refresh} /> : null;
}

export function WorldCard({ status, onChanged }: { status: WorldStatus; onChanged: () => void }) {
  const most = Math.max(1, ...status.regions.map(({ viewers }) => viewers));
  return (
    <section class="card" aria-labelledby="world-title">
      <div class="card-head">
        <div>
          <h2 id="world-title">Demo world</h2>
          <p class="muted small">
            Viewers who are not real, on a platform that is. Break it and watch it recover.
          </p>
        </div>
        <span class="muted small figure">
          {status.crowd
            ? `${plural(status.viewers, "viewer")} now, ${plural(status.visits, "visit")}, ${bitrate(status.egress_bps)}`
            : "The viewers are on their way"}
        </span>
      </div>
      <ul class="world-regions">
        {status.regions.map((region) => (
          <RegionRow key={region.region} region={region} most={most} />
        ))}
      </ul>
      <ul class="world-hurts">
        {status.hurts.map((hurt) => (
          <HurtRow key={hurt.what} hurt={hurt} onChanged={onChanged} />
        ))}
      </ul>
    </section>
  );
}

/** A region's viewers as a bar, of which some play, some stall and some are on their way. */
function RegionRow({ region, most }: { region: RegionCrowd; most: number }) {
  const { viewers, playing, stalled } = region;
  const width = (part: number) => ({ width: `${(100 * part) / most}%` });
  return (
    <li>
      <span class="world-name">{region.region}</span>
      <span
        class="world-bar"
        role="img"
        aria-label={`${plural(viewers, "viewer")}: ${playing} playing, ${stalled} stalled`}
      >
        <i data-part="playing" style={width(playing)} />
        <i data-part="stalled" style={width(stalled)} />
        <i data-part="other" style={width(Math.max(0, viewers - playing - stalled))} />
      </span>
      <span class="small figure muted">
        {count(playing)} of {count(viewers)} playing
        {stalled > 0 && <strong class="world-stalled"> · {count(stalled)} stalled</strong>}
        {playing > 0 && ` · ${bitrate(region.bitrate_bps)} · ${seconds(region.latency_s)} behind live`}
        {region.throttled_bps > 0 && ` · throttled to ${bitrate(region.throttled_bps)}`}
      </span>
    </li>
  );
}

const STATE: Record<Hurt["state"], { tone: Tone; label: string }> = {
  well: { tone: "ok", label: "Well" },
  hurt: { tone: "bad", label: "Hurt" },
  healing: { tone: "warn", label: "Healing" },
};

function HurtRow({ hurt, onChanged }: { hurt: Hurt; onChanged: () => void }) {
  const now = useNow();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const isHurt = hurt.state === "hurt";

  async function press() {
    setBusy(true);
    try {
      await (isHurt ? world.heal(hurt.what) : world.hurt(hurt.what));
      setProblem(undefined);
      onChanged();
    } catch (error) {
      setProblem(error as Problem);
    } finally {
      setBusy(false);
    }
  }

  const { tone, label } = STATE[hurt.state];
  const mendsItself = isHurt && hurt.heals_itself;
  return (
    <li>
      <div class="world-hurt-head">
        <button
          type="button"
          class="button"
          data-kind={isHurt ? "primary" : "danger"}
          disabled={busy || mendsItself || (!isHurt && hurt.reason !== "")}
          aria-describedby={`world-${hurt.what}`}
          onClick={press}
        >
          {mendsItself ? "It mends itself" : isHurt ? "Heal it" : hurt.title}
        </button>
        <span role="status">
          <Pill tone={tone}>{label}</Pill>
        </span>
        {hurt.since > 0 && <span class="muted small figure">{ago(hurt.since, now)}</span>}
      </div>
      <p class="muted small" id={`world-${hurt.what}`}>
        {hurt.does} {hurt.shows} {hurt.reason}
      </p>
      {problem && <ProblemNotice problem={problem} />}
    </li>
  );
}
