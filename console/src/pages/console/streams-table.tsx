/** Every stream in a row; what needs attention first. */

import { useState } from "preact/hooks";
import type { StreamView } from "../../api/types";
import { bitrate, count, duration, seconds, UNKNOWN } from "../../ui/format";
import { Icon } from "../../ui/icons";
import { LEVEL_TONE, Pill, StatePill, useNow } from "../../ui/kit";
import { Explained } from "./drill/explained";
import { nextSort, type Sort, type SortKey, sortStreams, totalKbps, videoOf, worstLevel } from "./rank";

interface Column {
  key: SortKey;
  name: string;
  number: boolean;
}

const COLUMNS: Column[] = [
  { key: "channel", name: "Stream", number: false },
  { key: "trouble", name: "State", number: false },
  { key: "viewers", name: "Viewers", number: true },
  { key: "kbps", name: "Bitrate", number: true },
  { key: "fps", name: "Frames/s", number: true },
  { key: "gop", name: "Keyframe", number: true },
];

export function StreamsTable({ streams }: { streams: readonly StreamView[] }) {
  const [sort, setSort] = useState<Sort>({ key: "trouble", descending: true });
  const now = useNow();
  if (streams.length === 0) {
    return (
      <div class="empty">
        <h3>No streams</h3>
        <p>Nothing is published right now. A channel's address and key are in the studio.</p>
        <a class="button" href="/studio">
          Open the studio
        </a>
      </div>
    );
  }
  return (
    <div class="table-scroll">
      <table class="table streams">
        <thead>
          <tr>
            {COLUMNS.map((column) => (
              <Head
                key={column.key}
                column={column}
                sort={sort}
                onSort={() => setSort(nextSort(sort, column.key))}
              />
            ))}
            <th class="number">Parts</th>
            <th>Notes</th>
            <th>
              <span class="visually-hidden">Ways on</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {sortStreams(streams, sort).map((stream) => (
            <StreamRow key={stream.channel} stream={stream} now={now} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Head({ column, sort, onSort }: { column: Column; sort: Sort; onSort: () => void }) {
  const sorted = sort.key === column.key;
  const direction = sort.descending ? "descending" : "ascending";
  return (
    <th class={column.number ? "number" : ""} aria-sort={sorted ? direction : undefined}>
      <button type="button" class="sort" data-sorted={sorted ? direction : undefined} onClick={onSort}>
        {column.name}
        <Icon name="sort" size={14} />
      </button>
    </th>
  );
}

function StreamRow({ stream, now }: { stream: StreamView; now: number }) {
  const { channel, title, state, viewers, peak_viewers, started_at, state_since } = stream;
  const running = state === "live" || state === "starting";
  const video = videoOf(stream);
  const kbps = totalKbps(stream);
  const where = [{ dimension: "channel" as const, value: channel }];
  return (
    <tr data-state={state}>
      <td class="stream-name">
        <a href={`/studio/${channel}`}>{title || channel}</a>
        <span class="muted small">
          <code>{channel}</code>
        </span>
      </td>
      <td>
        <StatePill state={state} />
        <span class="muted small figure since">
          {started_at > 0 && duration(now - (running ? started_at : state_since))}
        </span>
      </td>
      <td class="number" data-name="Viewers">
        <Explained indicator="concurrent_viewers" where={where}>
          {count(viewers)}
        </Explained>
        <span class="muted small"> / {count(peak_viewers)}</span>
      </td>
      <td class="number" data-name="Bitrate">
        <Explained indicator="ingest_bps" where={where}>
          {running && kbps ? bitrate(kbps * 1000) : UNKNOWN}
        </Explained>
      </td>
      <td class="number" data-name="Frames/s">
        <Explained indicator="ingest_health" where={where}>
          {running && video?.fps ? video.fps.toFixed(1) : UNKNOWN}
        </Explained>
      </td>
      <td class="number" data-name="Keyframe">
        <Explained indicator="gop_regularity" where={where}>
          {running && video?.gop_s ? seconds(video.gop_s, 1) : UNKNOWN}
        </Explained>
      </td>
      <td class="number" data-name="Parts">
        <Explained indicator="part_lateness" where={where}>
          {running && video?.part_target_s ? seconds(video.part_target_s) : UNKNOWN}
        </Explained>
      </td>
      <td>
        <Notes stream={stream} />
      </td>
      <td class="number stream-ways">
        <a href={`/console/streams/${channel}`} aria-label={`Health of ${title || channel}`}>
          Health
        </a>
        <a href={`/watch/${channel}`} aria-label={`Watch ${title || channel}`}>
          Watch
        </a>
      </td>
    </tr>
  );
}

function Notes({ stream }: { stream: StreamView }) {
  const level = worstLevel(stream);
  if (!level) return <span class="muted">{UNKNOWN}</span>;
  const worst = stream.notes.find((note) => note.level === level);
  return (
    <span class="note-cell" title={worst?.message}>
      <Pill tone={LEVEL_TONE[level]}>{count(stream.notes.length)}</Pill>
      <span class="small">{worst?.message}</span>
    </span>
  );
}
