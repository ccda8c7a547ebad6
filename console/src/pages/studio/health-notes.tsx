/** What is wrong with a stream, worst first, each with what to do; and who was refused. */

import type { Note } from "../../api/types";
import { ago, count } from "../../ui/format";
import { LEVEL_TONE, Notice, useNow } from "../../ui/kit";
import "./health-notes.css";

const WEIGHT = { error: 0, warning: 1, info: 2 } as const;

/** Worst first, then newest. */
export function byWeight(notes: readonly Note[]): Note[] {
  return [...notes].sort((a, b) => WEIGHT[a.level] - WEIGHT[b.level] || b.at - a.at);
}

export function HealthNotes({ notes, ended = false }: { notes: readonly Note[]; ended?: boolean }) {
  return (
    <section class="card" aria-labelledby="health-title">
      <h2 id="health-title">Stream health</h2>
      {notes.length === 0 ? (
        <Notice
          tone="ok"
          title={
            ended ? "Nothing was wrong with this stream." : "All is well: nothing wrong with what arrives."
          }
        />
      ) : (
        <NoteList notes={notes} />
      )}
    </section>
  );
}

export function Refusals({ notes }: { notes: readonly Note[] }) {
  if (notes.length === 0) return null;
  return (
    <section class="card" aria-labelledby="refusals-title">
      <h2 id="refusals-title">Refused attempts to publish</h2>
      <NoteList notes={notes} />
    </section>
  );
}

function NoteList({ notes }: { notes: readonly Note[] }) {
  const now = useNow();
  return (
    <ul class="notes">
      {byWeight(notes).map((note) => (
        <li key={note.code}>
          <Notice tone={LEVEL_TONE[note.level]} title={note.message} hint={note.hint || undefined}>
            <span class="note-when small figure">
              {ago(note.at, now)}
              {note.count > 1 && ` · ${count(note.count)} times`}
            </span>
          </Notice>
        </li>
      ))}
    </ul>
  );
}
