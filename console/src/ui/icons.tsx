/** Line icons on a 24-unit grid, drawn in the text's colour. Decorative: their button carries the name. */

import type { ComponentChildren } from "preact";

const PATHS = {
  play: <path d="M7 4.5v15l12-7.5z" fill="currentColor" stroke-linejoin="round" />,
  pause: <path d="M8 5v14M16 5v14" stroke-width="4" />,
  volume: <path d="M4 9.5v5h3.5L12 18.5v-13L7.5 9.5zM15.5 9a4.2 4.2 0 0 1 0 6M18 6.5a8 8 0 0 1 0 11" />,
  muted: <path d="M4 9.5v5h3.5L12 18.5v-13L7.5 9.5zM16 9.5l5 5M21 9.5l-5 5" />,
  gear: (
    <>
      <path d="M4 7h9M19 7h1M4 17h1M11 17h9" />
      <circle cx="16" cy="7" r="2.6" />
      <circle cx="8" cy="17" r="2.6" />
    </>
  ),
  captions: (
    <>
      <rect x="3" y="5.5" width="18" height="13" rx="2.5" />
      <path d="M10.5 10.2a2.4 2.4 0 1 0 0 3.6M17 10.2a2.4 2.4 0 1 0 0 3.6" />
    </>
  ),
  pip: (
    <>
      <path d="M21 10V7.5A2.5 2.5 0 0 0 18.5 5h-13A2.5 2.5 0 0 0 3 7.500v9A2.5 2.5 0 0 0 5.5 19H10" />
      <rect x="13" y="13" width="8.5" height="6.5" rx="1.5" fill="currentColor" stroke="none" />
    </>
  ),
  fullscreen: <path d="M9 4H4v5M15 4h5v5M9 20H4v-5M15 20h5v-5" />,
  windowed: <path d="M4 9h5V4M20 9h-5V4M4 15h5v5M20 15h-5v5" />,
  chart: <path d="M4 19V5M4 19h16M8 15l3.5-4 3 2.500L20 8" />,
  copy: (
    <>
      <rect x="9" y="9" width="11" height="11" rx="2" />
      <path d="M15 5.500A1.5 1.5 0 0 0 13.5 4h-8A1.5 1.5 0 0 0 4 5.500v8A1.5 1.5 0 0 0 5.5 15" />
    </>
  ),
  check: <path d="M5 12.500l4.5 4.500L19 7.5" />,
  warning: <path d="M12 4.5 21 19.500H3zM12 10.500v4M12 17.200v.1" stroke-linejoin="round" />,
  error: (
    <>
      <circle cx="12" cy="12" r="8.5" />
      <path d="M12 7.500v5.500M12 16.300v.1" />
    </>
  ),
  info: (
    <>
      <circle cx="12" cy="12" r="8.5" />
      <path d="M12 11v5.500M12 7.700v.1" />
    </>
  ),
  eye: (
    <>
      <path d="M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12z" />
      <circle cx="12" cy="12" r="2.8" />
    </>
  ),
  close: <path d="M6 6l12 12M18 6L6 18" />,
  camera: (
    <>
      <rect x="3" y="6.5" width="12.5" height="11" rx="2.5" />
      <path d="M15.5 10.5 21 7.500v9l-5.5-3" stroke-linejoin="round" />
    </>
  ),
  key: (
    <>
      <circle cx="8" cy="15" r="4" />
      <path d="M11 12 20 3.500M16.5 7l3 3" />
    </>
  ),
  external: <path d="M10 5H6a2 2 0 0 0-2 2v11a2 2 0 0 0 2 2h11a2 2 0 0 0 2-2v-4M14 4h6v6M20 4l-9 9" />,
  sort: <path d="M8 10l4-4 4 4M8 14l4 4 4-4" />,
} satisfies Record<string, ComponentChildren>;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 20 }: { name: IconName; size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      stroke-width="1.8"
      stroke-linecap="round"
      aria-hidden="true"
    >
      {PATHS[name]}
    </svg>
  );
}

export function BrandMark({ size = 26 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="#0b6b75" />
      <path d="M9 7v18M23 7v18" stroke="#fff" stroke-width="3" stroke-linecap="round" />
      <path
        d="M9 13c3.5 0 3.5 2.6 7 2.600s3.5-2.6 7-2.600M9 19c3.5 0 3.5 2.6 7 2.600s3.5-2.6 7-2.6"
        fill="none"
        stroke="#9be4ea"
        stroke-width="2.4"
        stroke-linecap="round"
      />
    </svg>
  );
}
