/** The entry: begin what the address needs at once, then draw. Each page is a chunk of its own. */

import { render } from "preact";
import { ErrorBoundary, LocationProvider, lazy, useLocation } from "preact-iso";
import "./ui/tokens.css";
import "./ui/base.css";
import "./ui/kit.css";
import { prefetchChannel } from "./player/prefetch";
import { playbackPath } from "./player/source";

const watchPage = () => import("./pages/watch/watch-page");

const watched = /^\/watch\/([^/]+)\/?$/;
const channelNow = watched.exec(location.pathname)?.[1];
if (channelNow) {
  // the page and the library load side by side: a viewer waits for the slower of them, not for their sum
  void watchPage();
  if (playbackPath() === "hls.js") {
    void import("./player/hls-source");
    prefetchChannel(`/live/${channelNow}/index.m3u8`);
  }
}

const Watch = lazy(watchPage);
const Pages = lazy(() => import("./pages/routes"));

/** The watch page stands alone; every other page shares a shell, with a router of its own. */
function Page() {
  const { path } = useLocation();
  const channel = watched.exec(path)?.[1];
  return channel ? <Watch key={channel} channel={decodeURIComponent(channel)} /> : <Pages />;
}

function App() {
  return (
    <LocationProvider>
      <ErrorBoundary>
        <Page />
      </ErrorBoundary>
    </LocationProvider>
  );
}

const root = document.getElementById("app");
if (root) render(<App />, root);
