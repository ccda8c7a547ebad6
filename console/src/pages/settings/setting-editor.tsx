/** Edit one setting in place: for all, for a share of all, or for one channel, node, cell or region. */

import { useEffect, useId, useRef, useState } from "preact/hooks";
import { settings } from "../../api/client";
import type { Problem } from "../../api/problem";
import type { SettingView } from "../../api/types";
import { ProblemNotice } from "../../ui/kit";
import { baseValue, editable, read, shown } from "./value";

type Reach = "all" | "share" | SettingView["scopes"][number];

interface EditorProps {
  setting: SettingView;
  onDone: () => void;
  onConflict: () => void;
  onCancel: () => void;
}

const EFFECT: Record<SettingView["takes_effect"], string> = {
  "at once": "Takes effect at once, without a drop.",
  "next stream": "Takes effect from the next stream on.",
  restart: "Takes effect after a restart.",
};

export function SettingEditor({ setting, onDone, onConflict, onCancel }: EditorProps) {
  const [text, setText] = useState(editable(baseValue(setting)));
  const [reach, setReach] = useState<Reach>("all");
  const [id, setId] = useState("");
  const [percent, setPercent] = useState("5");
  const [reason, setReason] = useState("");
  const [problem, setProblem] = useState<Problem>();
  const [busy, setBusy] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const name = useId();
  useEffect(() => form.current?.querySelector<HTMLElement>("input, select")?.focus(), []);

  const typed = read(setting, text);
  const share = Number(percent) / 100;
  const badShare = reach === "share" && !(share > 0 && share <= 1);
  const needsId = reach !== "all" && reach !== "share" && id.trim() === "";

  async function save(event: Event) {
    event.preventDefault();
    if (typed.wrong !== undefined || badShare || needsId) return;
    setBusy(true);
    setProblem(undefined);
    const { version } = setting;
    try {
      if (reach === "share")
        await settings.release(setting.name, { value: typed.value, share, version, reason });
      else
        await settings.put(setting.name, {
          value: typed.value,
          reach,
          id: reach === "all" ? "" : id.trim(),
          version,
          reason,
        });
      onDone();
    } catch (error) {
      setProblem(error as Problem);
      if ((error as Problem).code === "setting-changed") onConflict();
      setBusy(false);
    }
  }

  return (
    <form ref={form} class="setting-editor" onSubmit={save} aria-label={`Edit ${setting.name}`}>
      <div class="editor-fields">
        <div class="field">
          <label for={`${name}-value`}>Value{setting.unit && `, ${setting.unit}`}</label>
          <ValueInput
            id={`${name}-value`}
            setting={setting}
            text={text}
            wrong={typed.wrong !== undefined}
            described={`${name}-rule`}
            onText={setText}
          />
        </div>
        <div class="field">
          <label for={`${name}-reach`}>For</label>
          <select
            id={`${name}-reach`}
            value={reach}
            onChange={(event) => setReach(event.currentTarget.value as Reach)}
          >
            <option value="all">all</option>
            <option value="share">a share of {setting.gray_unit}s</option>
            {setting.scopes.map((scope) => (
              <option key={scope} value={scope}>
                one {scope}
              </option>
            ))}
          </select>
        </div>
        {reach === "share" && (
          <div class="field">
            <label for={`${name}-share`}>Share, %</label>
            <input
              id={`${name}-share`}
              inputMode="decimal"
              value={percent}
              aria-invalid={badShare}
              onInput={(event) => setPercent(event.currentTarget.value)}
            />
          </div>
        )}
        {reach !== "all" && reach !== "share" && (
          <div class="field">
            <label for={`${name}-id`}>Which {reach}</label>
            <input
              id={`${name}-id`}
              value={id}
              autocapitalize="none"
              spellcheck={false}
              onInput={(event) => setId(event.currentTarget.value)}
            />
          </div>
        )}
        <div class="field editor-reason">
          <label for={`${name}-reason`}>Why (for the history)</label>
          <input
            id={`${name}-reason`}
            maxLength={500}
            value={reason}
            onInput={(event) => setReason(event.currentTarget.value)}
          />
        </div>
      </div>
      <p class="small" id={`${name}-rule`} role={typed.wrong ? "alert" : undefined}>
        {typed.wrong !== undefined ? (
          <span class="wrong">{typed.wrong}</span>
        ) : (
          <span class="muted">
            {badShare ? "A share is over 0 and at most 100 %. " : ""}
            May be {setting.bounds}; the default is {shown(setting, setting.node_default ?? setting.default)}.{" "}
            {EFFECT[setting.takes_effect]}
          </span>
        )}
      </p>
      {problem && <ProblemNotice problem={problem} />}
      <div class="buttons">
        <button
          type="submit"
          class="button"
          data-kind="primary"
          data-size="s"
          disabled={busy || typed.wrong !== undefined || badShare || needsId}
        >
          {reach === "share" ? "Release" : "Set"}
        </button>
        <button type="button" class="button" data-size="s" onClick={onCancel}>
          Cancel
        </button>
      </div>
    </form>
  );
}

interface InputProps {
  id: string;
  setting: SettingView;
  text: string;
  wrong: boolean;
  described: string;
  onText: (text: string) => void;
}

function ValueInput({ id, setting, text, wrong, described, onText }: InputProps) {
  const choices = setting.kind === "flag" ? ["true", "false"] : setting.choices;
  if (choices.length > 0)
    return (
      <select
        id={id}
        value={text}
        aria-describedby={described}
        onChange={(event) => onText(event.currentTarget.value)}
      >
        {choices.map((choice) => (
          <option key={choice} value={choice}>
            {setting.kind === "flag" ? (choice === "true" ? "on" : "off") : choice}
          </option>
        ))}
      </select>
    );
  return (
    <input
      id={id}
      value={text}
      inputMode={setting.kind === "text" ? "text" : "decimal"}
      aria-invalid={wrong}
      aria-describedby={described}
      onInput={(event) => onText(event.currentTarget.value)}
    />
  );
}
