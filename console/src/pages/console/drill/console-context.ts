/** What every part of a console page shares: the view its address says, ways to change it, and the indicators there are. */

import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Problem } from "../../../api/problem";
import type { Indicator } from "../../../api/telemetry-types";
import { href, type Shown, START, type Step, type View } from "./view";

export interface ConsoleState {
  /** The page's own path, without parameters. */
  path: string;
  view: View;
  /** Undefined until they are known. */
  indicators: ReadonlyMap<string, Indicator> | undefined;
  problem: Problem | undefined;
  /** Show another view on this page. */
  go: (view: View, replace?: boolean) => void;
}

export const ConsoleContext = createContext<ConsoleState>({
  path: "/console",
  view: START,
  indicators: undefined,
  problem: undefined,
  go: () => {},
});

export function useConsole(): ConsoleState {
  return useContext(ConsoleContext);
}

/** The address that opens a number's drawer on this page. */
export function useShowing(): (indicator: string, where?: readonly Step[]) => string {
  const { path, view } = useConsole();
  return (indicator, where = []) => {
    const shown: Shown = { indicator, where };
    return href(path, { ...view, shown });
  };
}
