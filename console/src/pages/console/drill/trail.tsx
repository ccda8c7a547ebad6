/** The way down: everything › region eu-west › channel demo. Each step leads back to it; the last can be taken off. */

import { Icon } from "../../../ui/icons";
import { useConsole } from "./console-context";
import { href, widen } from "./view";

/** Where a step back leads: pages about one thing lie below these. */
function above(path: string): string {
  if (path.startsWith("/console/sessions")) return "/console/sessions";
  return path.startsWith("/console/streams") ? "/console" : path;
}

export function Trail({ here }: { here?: string | undefined }) {
  const { path, view } = useConsole();
  const { trail } = view;
  if (trail.length === 0 && !here) return null;
  return (
    <nav class="trail" aria-label="The way down">
      <ol>
        <li>
          <a href={href(above(path), widen(view, 0))}>Everything</a>
        </li>
        {trail.map(({ dimension, value }, index) => {
          const last = index === trail.length - 1 && !here;
          return (
            <li key={dimension}>
              <span class="muted">{dimension}</span>{" "}
              {last ? (
                <strong aria-current="true">{value}</strong>
              ) : (
                <a href={href(above(path), widen(view, index + 1))}>{value}</a>
              )}
              {last && (
                <a
                  class="trail-off"
                  href={href(above(path), widen(view, index))}
                  aria-label={`Without ${dimension} ${value}`}
                >
                  <Icon name="close" size={14} />
                </a>
              )}
            </li>
          );
        })}
        {here && (
          <li>
            <strong aria-current="page">{here}</strong>
          </li>
        )}
      </ol>
    </nav>
  );
}
