/** The frame around signed-in pages: brand, navigation, and the sign-in form where there is no session. */

import type { ComponentChildren } from "preact";
import { useLocation } from "preact-iso";
import { checkSession, sessionState, signOut } from "../api/session";
import { SignIn } from "../pages/home/sign-in";
import { BrandMark } from "./icons";
import { Notice, Skeleton } from "./kit";
import "./shell.css";

const LINKS = [
  { href: "/console", label: "Console" },
  { href: "/studio", label: "Studio" },
  { href: "/settings", label: "Settings" },
  { href: "/docs", label: "API" },
];

export function Shell({ children }: { children: ComponentChildren }) {
  const { path } = useLocation();
  const signedIn = sessionState.value === "in";
  return (
    <div class="shell">
      <header class="topbar">
        <a class="button skip-link" href="#main">
          Skip to content
        </a>
        <div class="topbar-inner">
          <a class="brand" href="/" aria-label="Tidegate">
            <BrandMark />
            <span>Tidegate</span>
          </a>
          <nav aria-label="Main">
            {LINKS.map(({ href, label }) => (
              <a key={href} href={href} aria-current={path.startsWith(href) ? "page" : undefined}>
                {label}
              </a>
            ))}
          </nav>
          <span class="push">
            {signedIn && (
              <button
                type="button"
                class="button"
                data-kind="quiet"
                data-size="s"
                onClick={() => void signOut()}
              >
                Sign out
              </button>
            )}
          </span>
        </div>
      </header>
      <main id="main" class="page" tabIndex={-1}>
        {children}
      </main>
    </div>
  );
}

/** What only a signed-in person may see; everyone else gets the form, in place, and stays on this address. */
export function SignedIn({ children }: { children: ComponentChildren }) {
  switch (sessionState.value) {
    case "in":
      return <>{children}</>;
    case "out":
      return <SignIn />;
    case "unreachable":
      return (
        <div class="stack">
          <Notice tone="bad" title="The server does not answer." hint="Check that `tidegate up` is running.">
            <span>
              <button type="button" class="button" data-size="s" onClick={() => void checkSession()}>
                Try again
              </button>
            </span>
          </Notice>
        </div>
      );
    default:
      return (
        <div class="stack" aria-busy="true">
          <Skeleton width="14rem" height="2rem" />
          <Skeleton height="12rem" />
        </div>
      );
  }
}
