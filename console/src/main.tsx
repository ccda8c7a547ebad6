/** The entry: begin what the address needs at once, then draw. Each page is a chunk of its own. */

import { render } from "preact";
import { ErrorBoundary, LocationProvider, lazy, useLocation } from "preact-iso";
import "./ui/tokens.css";
import "./ui/base.css";
import "./ui/kit.css";
import { playbackPath } from "./player/source";

const watchPage = () => import("./pages/watch/watch-page");

if (location.pathname.startsWith("/watch/")) {
  // the page and the library load side by side: a viewer waits for the slower of them, not for their sum
  void watchPage();
  if (playbackPath() === "hls.js") void import("./player/hls-source");
}

const Watch = lazy(watchPage);
const Pages = lazy(() => import("./pages/routes"));

/** The watch page stands alone; every other page shares a shell, with a router of its own. */
function Page() {
  const { path } = useLocation();
  const channel = /^\/watch\/([^/]+)\/?$/.exec(path)?.[1];
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
