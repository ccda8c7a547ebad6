/** The way in: the admin token, exchanged for a session cookie. */

import { useState } from "preact/hooks";
import { Problem } from "../../api/problem";
import { signIn } from "../../api/session";
import { Copyable, ProblemNotice, useTitle } from "../../ui/kit";
import "./home.css";

export function SignIn() {
  useTitle("Sign in · Tidegate");
  const [token, setToken] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();

  async function submit(event: Event) {
    event.preventDefault();
    setBusy(true);
    setProblem(undefined);
    try {
      await signIn(token);
    } catch (error) {
      setProblem(error instanceof Problem ? error : undefined);
      setBusy(false);
    }
  }

  return (
    <section class="card sign-in" aria-labelledby="sign-in-title">
      <h1 id="sign-in-title">Sign in</h1>
      <p class="muted">Studio and console belong to whoever runs this server.</p>
      <form onSubmit={submit} class="stack">
        <div class="field">
          <label for="token">Admin token</label>
          <input
            id="token"
            type="password"
            autocomplete="current-password"
            required
            value={token}
            aria-invalid={problem ? "true" : undefined}
            onInput={(event) => setToken(event.currentTarget.value)}
          />
        </div>
        {problem && <ProblemNotice problem={problem} />}
        <button type="submit" class="button" data-kind="primary" disabled={busy || !token.trim()}>
          {busy ? "Signing in…" : "Sign in"}
        </button>
      </form>
      <div class="sign-in-help">
        <h2>Where is the token?</h2>
        <p>
          In the file <code>admin-token</code> of the data folder. On the server, this prints its place and a
          link that signs you in:
        </p>
        <Copyable value="tidegate status" what="command" />
      </div>
    </section>
  );
}
