/** Machines: how much of each is used, with the last minutes of what moves. */

import type { NodeStatus } from "../../api/types";
import { bitrate, bytes, count, duration, percent } from "../../ui/format";
import { useHistory } from "../../ui/history";
import { useNow } from "../../ui/kit";
import { Trend } from "../../ui/trend";
import { Explained } from "./drill/explained";

/** From here on a resource is drawn as a warning, then as an alarm. */
const HIGH = 0.75;
const FULL = 0.9;

const cores = (value: number) => (Number.isFinite(value) ? `${value.toFixed(2)} cores` : "–");

export function NodeCards({ nodes, at }: { nodes: readonly NodeStatus[]; at: number | undefined }) {
  return (
    <div class="stack">
      {nodes.map((node) => (
        <NodeCard key={node.node} node={node} at={at} />
      ))}
    </div>
  );
}

function NodeCard({ node, at }: { node: NodeStatus; at: number | undefined }) {
  const now = useNow();
  const history = useHistory(at, [node.cpu_cores, node.ingest_bps, node.egress_bps]);
  const used = node.disk_total_bytes - node.disk_free_bytes;
  return (
    <article class="node">
      <div class="card-head">
        <h3>{node.node}</h3>
        <span class="muted small figure">
          {node.region} · {node.roles.join(", ")} · up {duration(now - node.started_at)}
        </span>
      </div>
      <dl class="meters">
        <Meter name="CPU" indicator="cpu_used" node={node.node} part={node.cpu_cores} whole={node.cpu_count}>
          {`${node.cpu_cores.toFixed(2)} of ${plainCores(node.cpu_count)}`}
        </Meter>
        <Meter
          name="Memory"
          indicator="memory_used"
          node={node.node}
          part={node.rss_bytes}
          whole={node.memory_total_bytes}
        >
          {`${bytes(node.rss_bytes)} of ${bytes(node.memory_total_bytes)}`}
        </Meter>
        <Meter name="Disk" indicator="disk_free" node={node.node} part={used} whole={node.disk_total_bytes}>
          {`${bytes(node.disk_free_bytes)} free`}
        </Meter>
      </dl>
      <div class="trends">
        <Trend name="CPU" column={1} history={history} format={cores} ceiling={0.5} />
        <Trend name="In" column={2} history={history} format={bitrate} />
        <Trend name="Out" column={3} history={history} format={bitrate} />
      </div>
      <p class="muted small figure">
        {count(node.streams)} {node.streams === 1 ? "stream" : "streams"}, {count(node.viewers)}{" "}
        {node.viewers === 1 ? "viewer" : "viewers"}, version {node.version}
      </p>
    </article>
  );
}

function plainCores(value: number): string {
  return `${value} ${value === 1 ? "core" : "cores"}`;
}

interface MeterProps {
  name: string;
  indicator: string;
  node: string;
  part: number;
  whole: number;
  children: string;
}

function Meter({ name, indicator, node, part, whole, children }: MeterProps) {
  const share = whole > 0 ? part / whole : 0;
  const tone = share >= FULL ? "bad" : share >= HIGH ? "warn" : "ok";
  return (
    <div class="meter">
      <dt>{name}</dt>
      <dd>
        <span class="meter-bar" data-tone={tone} aria-hidden="true">
          <span style={{ width: `${Math.min(100, share * 100)}%` }} />
        </span>
        <span class="figure small">
          <Explained indicator={indicator} where={[{ dimension: "node", value: node }]}>
            {percent(part, whole)}
          </Explained>{" "}
          <span class="muted">· {children}</span>
        </span>
      </dd>
    </div>
  );
}
