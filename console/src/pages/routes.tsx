/** Every page but the watch page, inside the shell. */

import { useEffect } from "preact/hooks";
import { lazy, Route, Router } from "preact-iso";
import { sessionState, startSession } from "../api/session";
import { Shell, SignedIn } from "../ui/shell";
import { HomePage } from "./home/home-page";
import { NotFoundPage } from "./home/not-found-page";

const ConsolePage = lazy(() => import("./console/console-page"));
const HealthPage = lazy(() => import("./console/health/health-page"));
const SessionsPage = lazy(() => import("./console/sessions/sessions-page"));
const SessionPage = lazy(() => import("./console/sessions/session-page"));
const LogsPage = lazy(() => import("./console/logs/logs-page"));
const AlertsPage = lazy(() => import("./console/alerts/alerts-page"));
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
const SignedHealth = ({ channel }: { channel: string }) => (
  <SignedIn>
    <HealthPage key={channel} channel={channel} />
  </SignedIn>
);
const SignedSessions = () => (
  <SignedIn>
    <SessionsPage />
  </SignedIn>
);
const SignedSession = ({ session }: { session: string }) => (
  <SignedIn>
    <SessionPage key={session} session={session} />
  </SignedIn>
);
const SignedLogs = () => (
  <SignedIn>
    <LogsPage />
  </SignedIn>
);
const SignedAlerts = () => (
  <SignedIn>
    <AlertsPage />
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
        <Route path="/console/streams/:channel" component={SignedHealth} />
        <Route path="/console/sessions" component={SignedSessions} />
        <Route path="/console/sessions/:session" component={SignedSession} />
        <Route path="/console/logs" component={SignedLogs} />
        <Route path="/console/alerts" component={SignedAlerts} />
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
