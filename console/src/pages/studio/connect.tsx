/** How to publish: address, key, settings for OBS, a line for ffmpeg. A key is only ever known right after it is made. */

import { useState } from "preact/hooks";
import { channels } from "../../api/client";
import type { StreamView } from "../../api/types";
import { Confirm, Copyable } from "../../ui/kit";
import { freshKey, rememberKey } from "./fresh-keys";

interface ConnectProps {
  stream: StreamView;
  keyHint: string | undefined;
  onRotated: () => void;
}

/** Stands in copied lines where the key is not known any more. */
const PLACEHOLDER = "YOUR_STREAM_KEY";

export function Connect({ stream, keyHint, onRotated }: ConnectProps) {
  const [rotating, setRotating] = useState(false);
  const key = freshKey(stream.channel);
  const { rtmp, rtmps, srt } = stream.ingest;
  return (
    <section class="card" aria-labelledby="connect-title">
      <h2 id="connect-title">Publish to this channel</h2>
      <div class="connect">
        <div class="stack connect-values">
          <div class="field">
            <span class="field-name">Server</span>
            <Copyable value={rtmp} what="server address" />
          </div>
          {rtmps && (
            <div class="field">
              <span class="field-name">Server, encrypted</span>
              <Copyable value={rtmps} what="encrypted server address" />
            </div>
          )}
          <div class="field">
            <span class="field-name">Server, over SRT</span>
            <Copyable
              value={`${srt}?streamid=${key ?? PLACEHOLDER}`}
              what="SRT address"
              mask={key ? `${srt}?streamid=••••` : undefined}
            />
            <span class="rule small muted">
              For bad networks. In OBS this whole line is the server; leave its stream key empty.
            </span>
          </div>
          <div class="field">
            <span class="field-name">Stream key</span>
            {key ? <FreshKey value={key} /> : <code class="key-hint">•••• •••• {keyHint ?? ""}</code>}
            <span class="key-actions">
              <span class="rule small muted">
                {key
                  ? "Copy it now: it is kept only as a hash and cannot be shown again."
                  : "Shown only when it is made. Lost it? Make a new one."}
              </span>
              <button type="button" class="button" data-size="s" onClick={() => setRotating(true)}>
                Rotate key
              </button>
            </span>
          </div>
        </div>
        <Guides rtmp={rtmp} streamKey={key} />
      </div>
      {rotating && (
        <Confirm
          title="Make a new stream key?"
          action="Rotate key"
          onClose={() => setRotating(false)}
          onConfirm={async () => {
            rememberKey(await channels.rotateKey(stream.channel));
            onRotated();
          }}
        >
          <p>
            The old key stops working at once{stream.publisher ? ", and the running stream is cut off" : ""}.
          </p>
        </Confirm>
      )}
    </section>
  );
}

function FreshKey({ value }: { value: string }) {
  const [shown, setShown] = useState(false);
  return (
    <span class="fresh-key">
      <Copyable value={value} what="stream key" mask={shown ? undefined : "•".repeat(24)} />
      <button
        type="button"
        class="button"
        data-size="s"
        aria-pressed={shown}
        onClick={() => setShown(!shown)}
      >
        {shown ? "Hide" : "Show"}
      </button>
    </span>
  );
}

function Guides({ rtmp, streamKey }: { rtmp: string; streamKey: string | undefined }) {
  const target = `${rtmp}/${streamKey ?? PLACEHOLDER}`;
  const line =
    "ffmpeg -re -i video.mp4 \\\n" +
    "  -c:v libx264 -preset veryfast -b:v 3M -g 60 -bf 0 \\\n" +
    "  -c:a aac -b:a 128k \\\n" +
    `  -f flv "${target}"`;
  return (
    <div class="stack guides">
      <div>
        <h3>OBS</h3>
        <dl class="settings-list">
          <Setting name="Stream › Service" value="Custom…" />
          <Setting name="Output › Rate control" value="CBR, at most 70 % of your upload" />
          <Setting name="Output › Keyframe interval" value="2 s" />
          <Setting name="Output › Tune" value="zerolatency" />
          <Setting name="Audio" value="AAC, 48 kHz" />
        </dl>
      </div>
      <div>
        <h3>ffmpeg</h3>
        <Copyable
          block
          value={line}
          what="ffmpeg line"
          mask={streamKey ? line.replace(streamKey, "••••") : undefined}
        />
        {!streamKey && (
          <p class="rule small muted">
            Put your key in place of <code>{PLACEHOLDER}</code>.
          </p>
        )}
      </div>
    </div>
  );
}

function Setting({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
