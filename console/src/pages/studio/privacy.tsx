/** Who may watch: anyone, or those with a private link; and making such links. */

import { useState } from "preact/hooks";
import { playback, settings } from "../../api/client";
import { usePoll } from "../../api/poll";
import { Problem } from "../../api/problem";
import type { PlaybackTokenView } from "../../api/types";
import { Confirm, Copyable, ProblemNotice, Skeleton } from "../../ui/kit";

const POLL_MS = 15_000;
const ACCESS = "playback.access";
const ENCRYPTION = "playback.encryption";

const LIVES = [
  { seconds: 3_600, label: "1 hour" },
  { seconds: 43_200, label: "12 hours" },
  { seconds: 604_800, label: "7 days" },
];

export function Privacy({ channel }: { channel: string }) {
  const access = usePoll(`access ${channel}`, (signal) => settings.read(ACCESS, channel, signal), {
    everyMs: POLL_MS,
  });
  const encryption = usePoll(
    `encryption ${channel}`,
    (signal) => settings.read(ENCRYPTION, channel, signal),
    {
      everyMs: POLL_MS,
    },
  );
  const [opening, setOpening] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const isPrivate = access.state.value.data?.value === "token";
  const encrypted = encryption.state.value.data?.value === "aes-128";
  const known = access.state.value.data !== undefined && encryption.state.value.data !== undefined;
  const failed = problem ?? access.state.value.problem ?? encryption.state.value.problem;

  async function put(name: string, value: string) {
    setProblem(undefined);
    try {
      await settings.put(name, { value, reach: "channel", id: channel, reason: "" });
    } catch (error) {
      setProblem(error instanceof Problem ? error : undefined);
    }
    access.refresh();
    encryption.refresh();
  }

  return (
    <section class="card" aria-labelledby="privacy-title" aria-busy={!known}>
      <h2 id="privacy-title">Who may watch</h2>
      {known ? (
        <div class="stack">
          <Switch
            label="Private"
            says={isPrivate ? "Only people with a private link, and you." : "Anyone who has the address."}
            on={isPrivate}
            onChange={(on) => (on ? void put(ACCESS, "token") : setOpening(true))}
          />
          <Switch
            label="Encrypted"
            says={
              encrypted
                ? "Pictures and sound are encrypted (AES-128); keys go to those who may watch."
                : "Takes effect when the next stream begins."
            }
            on={encrypted}
            onChange={(on) => void put(ENCRYPTION, on ? "aes-128" : "none")}
          />
          {isPrivate && <PrivateLink channel={channel} />}
        </div>
      ) : (
        !failed && <Skeleton height="5rem" />
      )}
      {failed && <ProblemNotice problem={failed} />}
      {opening && (
        <Confirm
          title={`Open “${channel}” to everyone?`}
          action="Make public"
          onClose={() => setOpening(false)}
          onConfirm={() => put(ACCESS, "public")}
        >
          <p>Anyone with the address can watch at once, without a link.</p>
        </Confirm>
      )}
    </section>
  );
}

interface SwitchProps {
  label: string;
  says: string;
  on: boolean;
  onChange: (on: boolean) => void;
}

function Switch({ label, says, on, onChange }: SwitchProps) {
  return (
    <label class="switch-row">
      <input
        type="checkbox"
        role="switch"
        aria-checked={on}
        checked={on}
        aria-label={label}
        onClick={(event) => {
          event.preventDefault(); // it turns when the server has said so
          onChange(!on);
        }}
      />
      <span>
        <strong>{label}</strong>
        <span class="muted small">{says}</span>
      </span>
    </label>
  );
}

function PrivateLink({ channel }: { channel: string }) {
  const [seconds, setSeconds] = useState(LIVES[0]?.seconds ?? 3_600);
  const [made, setMade] = useState<PlaybackTokenView>();
  const [problem, setProblem] = useState<Problem>();

  async function make(event: Event) {
    event.preventDefault();
    setProblem(undefined);
    try {
      setMade(await playback.makeToken(channel, seconds));
    } catch (error) {
      setProblem(error instanceof Problem ? error : undefined);
    }
  }

  return (
    <form class="stack private-link" onSubmit={make}>
      <div class="buttons">
        <div class="field">
          <label for="link-life">A private link, valid for</label>
          <select
            id="link-life"
            value={seconds}
            onChange={(event) => setSeconds(Number(event.currentTarget.value))}
          >
            {LIVES.map((life) => (
              <option key={life.seconds} value={life.seconds}>
                {life.label}
              </option>
            ))}
          </select>
        </div>
        <button type="submit" class="button">
          Make a private link
        </button>
      </div>
      {made && (
        <div class="field">
          <span class="field-name">
            Until{" "}
            {new Date(made.expires_at * 1000).toLocaleString([], { dateStyle: "medium", timeStyle: "short" })}
          </span>
          <Copyable value={made.playback.watch} what="private link" />
          <span class="rule small muted">
            Whoever has it can watch until then. To end it sooner, rotate the signing key.
          </span>
        </div>
      )}
      {problem && <ProblemNotice problem={problem} />}
    </form>
  );
}
