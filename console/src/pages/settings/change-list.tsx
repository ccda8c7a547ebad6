/** Changes of one setting that are on their way: how far each is, and its end by hand. */

import { useState } from "preact/hooks";
import { settings } from "../../api/client";
import type { SettingChange, SettingView } from "../../api/types";
import { Confirm } from "../../ui/kit";
import { baseValue, shown } from "./value";

interface ListProps {
  setting: SettingView;
  onChanged: () => void;
}

export function ChangeList({ setting, onChanged }: ListProps) {
  const [ending, setEnding] = useState<{ change: SettingChange; how: "promote" | "abort" }>();
  if (setting.changes.length === 0) return null;
  return (
    <>
      <ul class="changes" aria-label="Changes being released">
        {setting.changes.map((change) => (
          <li key={change.id}>
            <span>
              <strong class="figure">{shown(setting, change.value)}</strong>{" "}
              <span class="muted small">
                for {percent(change.share)} of {setting.gray_unit}s
              </span>
            </span>
            <span class="share-bar" role="img" aria-label={`${percent(change.share)} released`}>
              <span style={{ width: percent(change.share) }} />
            </span>
            <span class="buttons">
              <button
                type="button"
                class="button"
                data-size="s"
                onClick={() => setEnding({ change, how: "promote" })}
              >
                Promote
              </button>
              <button
                type="button"
                class="button"
                data-size="s"
                onClick={() => setEnding({ change, how: "abort" })}
              >
                Abort
              </button>
            </span>
          </li>
        ))}
      </ul>
      {ending && (
        <Confirm
          title={ending.how === "promote" ? "Make this change everyone's?" : "Withdraw this change?"}
          action={ending.how === "promote" ? "Promote" : "Abort"}
          onClose={() => setEnding(undefined)}
          onConfirm={async () => {
            await settings[ending.how](setting.name, ending.change.id, setting.version);
            onChanged();
          }}
        >
          <p>
            <code>{setting.name}</code> will be{" "}
            <strong>
              {shown(setting, ending.how === "promote" ? ending.change.value : baseValue(setting))}
            </strong>{" "}
            for all.
          </p>
        </Confirm>
      )}
    </>
  );
}

function percent(share: number): string {
  return `${(share * 100).toLocaleString("en", { maximumFractionDigits: 3 })}%`;
}
