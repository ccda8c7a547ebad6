/** One setting: what it is, what it is set to, and the ways to change that. */

import { useState } from "preact/hooks";
import { settings } from "../../api/client";
import type { Problem } from "../../api/problem";
import type { SettingSource, SettingView } from "../../api/types";
import { Notice, Pill, ProblemNotice, type Tone } from "../../ui/kit";
import { ChangeList } from "./change-list";
import { SettingEditor } from "./setting-editor";
import { shown } from "./value";

const SOURCE: Record<SettingSource, { tone: Tone; label: string; why: string }> = {
  default: { tone: "quiet", label: "default", why: "As the release has it" },
  config: { tone: "quiet", label: "config", why: "As this node's configuration has it" },
  set: { tone: "ok", label: "set", why: "Set for all" },
  gray: { tone: "warn", label: "gray", why: "By a change that is being released" },
  override: { tone: "ok", label: "own value", why: "Set for this one alone" },
};

interface RowProps {
  setting: SettingView;
  onChanged: () => void;
  onHistory: () => void;
}

export function SettingRow({ setting, onChanged, onHistory }: RowProps) {
  const [editing, setEditing] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const source = SOURCE[setting.source];

  async function reset(reach: "all" | SettingView["scopes"][number], id: string) {
    setProblem(undefined);
    try {
      await settings.reset(setting.name, { reach, id, version: setting.version });
    } catch (error) {
      setProblem(error as Problem);
    }
    onChanged();
  }

  return (
    <li class="setting">
      <div class="setting-line">
        <div class="setting-what">
          <code class="setting-name">
            {setting.name.split(/(?<=[._])/).map((piece) => (
              <>
                {piece}
                <wbr />
              </>
            ))}
          </code>
          <p class="muted small">{setting.sentence}</p>
        </div>
        <div class="setting-value">
          <strong class="figure">{shown(setting, setting.value)}</strong>
          <span title={source.why}>
            <Pill tone={source.tone}>{source.label}</Pill>
          </span>
          <span class="bounds muted small figure">{setting.bounds}</span>
        </div>
        <div class="setting-actions">
          <button
            type="button"
            class="button"
            data-size="s"
            aria-expanded={editing}
            aria-label={`Edit ${setting.name}`}
            onClick={() => setEditing(!editing)}
          >
            Edit
          </button>
          <button
            type="button"
            class="button"
            data-kind="quiet"
            data-size="s"
            aria-label={`History of ${setting.name}`}
            onClick={onHistory}
          >
            History
          </button>
          {setting.set_value !== null && (
            <button
              type="button"
              class="button"
              data-kind="quiet"
              data-size="s"
              aria-label={`Reset ${setting.name}`}
              onClick={() => void reset("all", "")}
            >
              Reset
            </button>
          )}
        </div>
      </div>
      {setting.problems.map(({ place, message }) => (
        <Notice key={place} tone="warn" title={`Stored for ${place}, but not usable`} hint={message} />
      ))}
      {setting.overrides.length > 0 && (
        <ul class="overrides" aria-label="Values of their own">
          {setting.overrides.map(({ scope, id, value }) => (
            <li key={`${scope} ${id}`}>
              <span>
                {scope} <code>{id}</code>
              </span>
              <strong class="figure">{shown(setting, value)}</strong>
              <button
                type="button"
                class="button"
                data-kind="quiet"
                data-size="s"
                aria-label={`Reset ${setting.name} for ${scope} ${id}`}
                onClick={() => void reset(scope, id)}
              >
                Reset
              </button>
            </li>
          ))}
          {setting.overrides_count > setting.overrides.length && (
            <li class="muted">and {setting.overrides_count - setting.overrides.length} more</li>
          )}
        </ul>
      )}
      <ChangeList setting={setting} onChanged={onChanged} />
      {problem && <ProblemNotice problem={problem} />}
      {editing && (
        <SettingEditor
          setting={setting}
          onDone={() => {
            setEditing(false);
            onChanged();
          }}
          onConflict={onChanged}
          onCancel={() => setEditing(false)}
        />
      )}
    </li>
  );
}
