/** The frame of every console page: its tabs, the way down, the time range, and the drawer of the number that is open. */

import type { ComponentChildren } from "preact";
import { useMemo } from "preact/hooks";
import { useLocation } from "preact-iso";
import { usePoll } from "../../../api/poll";
import { indicators as api } from "../../../api/telemetry";
import { useTitle } from "../../../ui/kit";
import { ConsoleContext, type ConsoleState } from "./console-context";
import { IndicatorDrawer } from "./indicator-drawer";
import { RangePicker } from "./range-picker";
import { Trail } from "./trail";
import { href, narrow, parseView, type Step, type View } from "./view";
import "./drill.css";

/** Files that declare indicators change with a release, not by the second. */
const CATALOGUE_MS = 60_000;

const TABS = [
  { path: "/console", label: "Overview" },
  { path: "/console/sessions", label: "Sessions" },
  { path: "/console/logs", label: "Logs" },
  { path: "/console/alerts", label: "Alerts" },
  { path: "/console/webhooks", label: "Webhooks" },
];

interface FrameProps {
  title: string;
  /** Beside the title: how fresh it is, what can be done. */
  aside?: ComponentChildren;
  /** Last words of the way down, for pages about one thing. */
  here?: string;
  /** What the page is about: part of its slice, whatever the address says. */
  pinned?: Step;
  /** Without a time range, where the page has its own time. */
  timeless?: boolean;
  /** The page is about the whole platform, whatever slice its tabs lead back to. */
  whole?: boolean;
  children: ComponentChildren;
}

export function ConsoleFrame({ title, aside, here, pinned, timeless, whole, children }: FrameProps) {
  useTitle(`${title} · Tidegate`);
  const { url, path, route } = useLocation();
  const view = useMemo(() => {
    const said = parseView(url.split("?")[1]?.split("#")[0] ?? "");
    return pinned ? { ...narrow(said, pinned.dimension, pinned.value), shown: said.shown } : said;
  }, [url, pinned?.dimension, pinned?.value]);
  const { data, problem } = usePoll("indicators", api.list, { everyMs: CATALOGUE_MS }).state.value;
  const known = useMemo(() => data && new Map(data.map((each) => [each.name, each])), [data]);
  const state: ConsoleState = {
    path,
    view,
    indicators: known,
    problem,
    go: (next: View, replace = false) => route(href(path, next), replace),
  };
  return (
    <ConsoleContext.Provider value={state}>
      <div class="page-head console-head">
        <h1>{title}</h1>
        {aside}
      </div>
      <div class="console-bar">
        <ConsoleTabs path={path} view={view} />
        {!timeless && <RangePicker />}
      </div>
      {!whole && <Trail here={here} />}
      {children}
      {view.shown && <IndicatorDrawer key={view.shown.indicator} shown={view.shown} />}
    </ConsoleContext.Provider>
  );
}

/** Tabs keep the way down and the range; what belongs to one page alone is left behind. */
function ConsoleTabs({ path, view }: { path: string; view: View }) {
  const carried: View = { ...view, shown: undefined, rest: {} };
  const current = TABS.findLast((tab) => path === tab.path || path.startsWith(`${tab.path}/`))?.path;
  return (
    <nav class="console-tabs" aria-label="Console">
      {TABS.map((tab) => (
        <a
          key={tab.path}
          href={href(tab.path, carried)}
          aria-current={tab.path === current ? "page" : undefined}
        >
          {tab.label}
        </a>
      ))}
    </nav>
  );
}
