/** A number that something else than an indicator gave, with the indicator that has measured the same behind it. */

import type { ComponentChildren } from "preact";
import { useConsole, useShowing } from "./console-context";
import type { Step } from "./view";

interface ExplainedProps {
  indicator: string;
  where?: readonly Step[];
  children: ComponentChildren;
}

export function Explained({ indicator, where, children }: ExplainedProps) {
  const { indicators } = useConsole();
  const showing = useShowing();
  if (!indicators?.has(indicator)) return <>{children}</>;
  return (
    <a class="plain-number" href={showing(indicator, where)}>
      {children}
    </a>
  );
}
