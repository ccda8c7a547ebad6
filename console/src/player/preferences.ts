/** The viewer's volume, remembered in this browser. Losing it costs nothing, so every failure is silent. */

const KEY = "tidegate.volume";

export interface VolumePreference {
  volume: number;
  muted: boolean;
}

export function loadVolume(): VolumePreference {
  try {
    const saved = JSON.parse(localStorage.getItem(KEY) ?? "{}") as Partial<VolumePreference>;
    const volume = typeof saved.volume === "number" ? Math.min(1, Math.max(0, saved.volume)) : 1;
    return { volume, muted: saved.muted === true };
  } catch {
    return { volume: 1, muted: false };
  }
}

export function saveVolume(preference: VolumePreference): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(preference));
  } catch {
    // storage is full or forbidden: the volume is kept for this page alone
  }
}

export function applyVolume(video: HTMLVideoElement, { volume, muted }: VolumePreference): void {
  video.volume = volume;
  video.muted = muted;
}
