/** Give an endpoint a new secret; the old one counts for a while, or no more. */

import { useState } from "preact/hooks";
import { webhooks } from "../../api/client";
import type { CreatedWebhook, Webhook } from "../../api/types";
import { Confirm } from "../../ui/kit";

const DAY_S = 86_400;

interface RotateSecretProps {
  webhook: Webhook;
  onClose: () => void;
  onMade: (made: CreatedWebhook) => void;
}

export function RotateSecret({ webhook, onClose, onMade }: RotateSecretProps) {
  const [leaked, setLeaked] = useState(false);
  return (
    <Confirm
      title="Give it a new secret?"
      action="Make a new secret"
      onClose={onClose}
      onConfirm={async () => onMade(await webhooks.rotate(webhook.id, leaked ? 0 : DAY_S))}
    >
      <p>
        The new one is shown once. For a day requests to <code>{webhook.url}</code> carry signatures by both,
        so that the receiver misses none while you give it the new one.
      </p>
      <label class="webhook-leaked">
        <input type="checkbox" checked={leaked} onChange={() => setLeaked(!leaked)} />
        <span>The old one has leaked: it counts no more, from now on.</span>
      </label>
    </Confirm>
  );
}
