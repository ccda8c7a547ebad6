/** The entry: begin what the address needs at once, then draw. Each page is a chunk of its own. */

import { render } from "preact";
import { ErrorBoundary, LocationProvider, lazy, Route, Router } from "preact-iso";
import "./ui/tokens.css";
import "./ui/base.css";
import "./ui/kit.css";
import { playbackPath } from "./player/source";

const watchPage = () => import("./pages/watch/route");

if (location.pathname.startsWith("/watch/")) {
  // the page and the library load side by side: a viewer waits for the slower of them, not for their sum
  void watchPage();
  if (playbackPath() === "hls.js") void import("./player/hls-source");
}

const Watch = lazy(watchPage);
const Signed = lazy(() => import("./pages/routes"));

function App() {
  return (
    <LocationProvider>
      <ErrorBoundary>
        <Router>
          <Route path="/watch/:channel" component={Watch} />
          <Route default component={Signed} />
        </Router>
      </ErrorBoundary>
    </LocationProvider>
  );
}

const root = document.getElementById("app");
if (root) render(<App />, root);
