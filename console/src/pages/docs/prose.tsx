/** Descriptions as they stand in the API: paragraphs, with `code` between backticks. */

import { Fragment } from "preact";

export function Inline({ text }: { text: string }) {
  return (
    <>
      {text
        .split("`")
        .map((piece, index) =>
          index % 2 ? <code key={index}>{piece}</code> : <Fragment key={index}>{piece}</Fragment>,
        )}
    </>
  );
}

export function Prose({ text }: { text: string }) {
  const paragraphs = text.split(/\n\s*\n/).filter((paragraph) => paragraph.trim());
  return (
    <div class="prose">
      {paragraphs.map((paragraph) => (
        <p key={paragraph}>
          <Inline text={paragraph.replace(/\s*\n\s*/g, " ").trim()} />
        </p>
      ))}
    </div>
  );
}
