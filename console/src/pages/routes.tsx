/** Every page but the watch page, inside the shell. */

import { useEffect } from "preact/hooks";
import { lazy, Route, Router } from "preact-iso";
import { sessionState, startSession } from "../api/session";
import { Shell, SignedIn } from "../ui/shell";
import { HomePage } from "./home/home-page";
import { NotFoundPage } from "./home/not-found-page";

const ConsolePage = lazy(() => import("./console/console-page"));
const WebhooksPage = lazy(() => import("./webhooks/webhooks-page"));
const ChannelsPage = lazy(() => import("./studio/channels-page"));
const ChannelPage = lazy(() => import("./studio/channel-page"));
const SettingsPage = lazy(() => import("./settings/settings-page"));
const RecordingPage = lazy(() => import("./recording/recording-page"));
const DocsPage = lazy(() => import("./docs/docs-page"));

const SignedConsole = () => (
  <SignedIn>
    <ConsolePage />
  </SignedIn>
);
const SignedWebhooks = () => (
  <SignedIn>
    <WebhooksPage />
  </SignedIn>
);
const SignedChannels = () => (
  <SignedIn>
    <ChannelsPage />
  </SignedIn>
);
const SignedSettings = () => (
  <SignedIn>
    <SettingsPage />
  </SignedIn>
);
const SignedChannel = ({ channel }: { channel: string }) => (
  <SignedIn>
    <ChannelPage key={channel} channel={channel} />
  </SignedIn>
);

export default function Pages() {
  useEffect(() => {
    if (sessionState.peek() === "unknown") void startSession();
  }, []);
  return (
    <Shell>
      <Router>
        <Route path="/" component={HomePage} />
        <Route path="/console" component={SignedConsole} />
        <Route path="/console/webhooks" component={SignedWebhooks} />
        <Route path="/studio" component={SignedChannels} />
        <Route path="/studio/:channel" component={SignedChannel} />
        <Route path="/watch/:channel/:recording" component={RecordingPage} />
        <Route path="/settings" component={SignedSettings} />
        <Route path="/docs" component={DocsPage} />
        <Route path="/docs/errors" component={DocsPage} />
        <Route default component={NotFoundPage} />
      </Router>
    </Shell>
  );
}
