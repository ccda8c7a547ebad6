/** Everything that can be changed while it runs: what it is, where that comes from, who changed it. */

import { useState } from "preact/hooks";
import { settings } from "../../api/client";
import { usePoll } from "../../api/poll";
import type { SettingView } from "../../api/types";
import { plural } from "../../ui/format";
import { Notice, ProblemNotice, Skeleton, useTitle } from "../../ui/kit";
import { HistoryDrawer } from "./history-drawer";
import { SettingRow } from "./setting-row";
import { groups, isChanged } from "./value";
import "./settings.css";

const EVERY_MS = 5_000;

export default function SettingsPage() {
  useTitle("Settings · Tidegate");
  const poll = usePoll("settings", settings.list, { everyMs: EVERY_MS });
  const { data, problem } = poll.state.value;
  const [search, setSearch] = useState("");
  const [changedOnly, setChangedOnly] = useState(false);
  const [history, setHistory] = useState<SettingView | "all">();
  const found = groups(data?.items ?? [], search, changedOnly);
  const changed = data?.items.filter(isChanged).length ?? 0;

  return (
    <>
      <div class="page-head">
        <h1>Settings</h1>
        <button type="button" class="button" data-size="s" onClick={() => setHistory("all")}>
          History
        </button>
      </div>
      <p class="muted settings-intro">
        A new value reaches running streams without a drop. The configuration file says where a setting begins
        on a node; what is set here wins.
      </p>
      <search class="settings-tools">
        <input
          type="search"
          aria-label="Search settings"
          placeholder="Search by name or what it does"
          value={search}
          onInput={(event) => setSearch(event.currentTarget.value)}
        />
        <label class="check">
          <input
            type="checkbox"
            checked={changedOnly}
            onChange={(event) => setChangedOnly(event.currentTarget.checked)}
          />
          <span>Only changed{changed > 0 && ` (${changed})`}</span>
        </label>
      </search>
      <div class="stack">
        {problem && <ProblemNotice problem={problem} />}
        {data && data.problems.length > 0 && (
          <Notice
            tone="warn"
            title={`${plural(data.problems.length, "stored value")} cannot be used; the default holds.`}
            hint="Each is named at its setting. Set it anew, or reset it."
          />
        )}
        {!data && !problem && <Skeleton height="24rem" />}
        {found.map(({ name, settings: members }) => (
          <section class="card settings-group" key={name} aria-labelledby={`group-${name}`}>
            <h2 id={`group-${name}`}>{name}</h2>
            <ul>
              {members.map((setting) => (
                <SettingRow
                  key={setting.name}
                  setting={setting}
                  onChanged={poll.refresh}
                  onHistory={() => setHistory(setting)}
                />
              ))}
            </ul>
          </section>
        ))}
        {data && found.length === 0 && (
          <div class="card empty">
            <h3>{changedOnly && !search ? "Everything is at its default" : "No setting matches"}</h3>
            <button
              type="button"
              class="button"
              onClick={() => {
                setSearch("");
                setChangedOnly(false);
              }}
            >
              Show all
            </button>
          </div>
        )}
      </div>
      {history && (
        <HistoryDrawer
          setting={history === "all" ? undefined : history}
          units={new Map(data?.items.map(({ name, unit }) => [name, unit]))}
          onClose={() => setHistory(undefined)}
        />
      )}
    </>
  );
}
