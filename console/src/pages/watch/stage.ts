/** What the stage shows over the picture: one pure function of the server's word and the player's state. */

import type { Problem } from "../../api/problem";
import type { WatchView } from "../../api/types";
import type { PlayerPhase } from "../../player/view";

export type Scene =
  | "loading"
  | "unknown-channel"
  | "private"
  | "unreachable"
  | "unsupported"
  | "offline"
  | "starting"
  | "playing"
  | "buffering"
  | "interrupted"
  | "ended";

export interface StageFacts {
  view: WatchView | undefined;
  problem: Problem | undefined;
  phase: PlayerPhase;
  /** A frame has been shown. */
  started: boolean;
}

export function sceneOf({ view, problem, phase, started }: StageFacts): Scene {
  if (problem?.status === 404) return "unknown-channel";
  if (phase === "unsupported") return "unsupported";
  const showing = started && (phase === "playing" || phase === "paused");
  if (refusesViewer(problem)) return showing ? "playing" : "private"; // what is buffered may be seen to its end
  if (view === undefined) {
    if (showing) return "playing"; // the picture came before the server's word: let it run
    return problem ? "unreachable" : "loading";
  }
  switch (view.state) {
    case "offline":
      return showing ? "playing" : "offline";
    case "ended":
      return showing ? "playing" : "ended";
    case "interrupted":
      return "interrupted";
    case "starting":
      return showing ? "playing" : "starting";
    case "live":
      if (showing) return "playing";
      if (problem && !started) return "unreachable";
      return started ? "buffering" : "starting";
  }
}

/** The channel is private, and this viewer has no token, or one that does not hold here and now. */
export function refusesViewer(problem: Problem | undefined): boolean {
  return problem?.status === 401 || problem?.status === 403;
}

/** Whether to have a source now; an ended stream is opened only when the viewer asks for it. */
export function wantsSource(view: WatchView | undefined): boolean {
  return (
    view === undefined || view.state === "live" || view.state === "interrupted" || view.state === "starting"
  );
}
