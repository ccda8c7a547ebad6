/** What the stage feels: pointer and focus activity, and full screen. */

import type { RefObject } from "preact";
import { useEffect, useState } from "preact/hooks";

/** Controls stay this long after the last movement. */
const IDLE_AFTER_MS = 2_800;

/** Whether someone is at the stage: moved, touched, typed, or has the focus in it. */
export function useActivity(stage: RefObject<HTMLElement | null>): boolean {
  const [active, setActive] = useState(true);
  useEffect(() => {
    const element = stage.current;
    if (!element) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const rest = () => {
      if (!element.querySelector(":focus-visible, [aria-expanded=true]")) setActive(false);
    };
    const wake = () => {
      setActive(true);
      clearTimeout(timer);
      timer = setTimeout(rest, IDLE_AFTER_MS);
    };
    const listening = new AbortController();
    for (const event of ["pointermove", "pointerdown", "focusin", "focusout"] as const) {
      element.addEventListener(event, wake, { signal: listening.signal });
    }
    addEventListener("keydown", wake, { signal: listening.signal });
    wake();
    return () => {
      listening.abort();
      clearTimeout(timer);
    };
  }, [stage]);
  return active;
}

/** iPhones give full screen to the video alone. */
interface WebkitVideo extends HTMLVideoElement {
  webkitEnterFullscreen?: () => void;
}

export function useFullscreen(stage: RefObject<HTMLElement | null>) {
  const [fullscreen, setFullscreen] = useState(false);
  useEffect(() => {
    const onChange = () => setFullscreen(document.fullscreenElement === stage.current);
    document.addEventListener("fullscreenchange", onChange);
    return () => document.removeEventListener("fullscreenchange", onChange);
  }, [stage]);

  function toggleFullscreen(): void {
    if (document.fullscreenElement) {
      void document.exitFullscreen();
      return;
    }
    const element = stage.current;
    if (element?.requestFullscreen) void element.requestFullscreen().catch(() => undefined);
    else element?.querySelector<WebkitVideo>("video")?.webkitEnterFullscreen?.();
  }
  return { fullscreen, toggleFullscreen };
}
