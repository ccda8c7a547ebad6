/** The entry: begin what the address needs at once, then draw. Each page is a chunk of its own. */

import { render } from "preact";
import { ErrorBoundary, LocationProvider, lazy, useLocation } from "preact-iso";
import "./ui/tokens.css";
import "./ui/base.css";
import "./ui/kit.css";
import { openingShown, watchedChannel } from "./player/opening";

const watchPage = () => import("./pages/watch/watch-page");
if (watchedChannel(location.pathname)) void watchPage();

const Watch = lazy(watchPage);
const Pages = lazy(() => import("./pages/routes"));

/** The watch page stands alone; every other page shares a shell, with a router of its own. */
function Page() {
  const { path } = useLocation();
  const channel = watchedChannel(path);
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
if (root) void openingShown().then(() => render(<App />, root));
