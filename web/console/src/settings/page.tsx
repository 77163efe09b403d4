// The settings: a list of pages by what the agent's role may see, and the page itself.

import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { useApp } from "../app";
import { hashOf } from "../route";
import { t } from "../text";
import { AgentsPage } from "./agents";
import { AuditPage } from "./audit";
import { CannedPage } from "./canned";
import { FeelingsPage } from "./feelings";
import { HandoffPage } from "./handoff";
import { HoursPage } from "./hours";
import { ProfilePage } from "./profile";
import { RatingPage } from "./rating";
import { RoutingPage } from "./routing";
import { TeamsPage } from "./teams";
import { TokensPage } from "./tokens";
import { WebhooksPage } from "./webhooks";

type Who = "all" | "answering" | "supervising" | "admin";
type Name = keyof typeof t.pages;

const PAGES: readonly (readonly [Name, Who, () => ComponentChildren])[] = [
  ["profile", "all", () => <ProfilePage />],
  ["canned", "answering", () => <CannedPage />],
  ["tokens", "all", () => <TokensPage />],
  ["agents", "supervising", () => <AgentsPage />],
  ["teams", "supervising", () => <TeamsPage />],
  ["hours", "supervising", () => <HoursPage />],
  ["handoff", "supervising", () => <HandoffPage />],
  ["feelings", "supervising", () => <FeelingsPage />],
  ["routing", "supervising", () => <RoutingPage />],
  ["rating", "supervising", () => <RatingPage />],
  ["webhooks", "admin", () => <WebhooksPage />],
  ["audit", "admin", () => <AuditPage />],
];

export function SettingsPage({ name }: { name: string }) {
  const app = useApp();
  const main = useRef<HTMLElement>(null);
  const may = { all: true, answering: app.answers, supervising: app.supervises, admin: app.me?.role === "admin" };
  const pages = PAGES.filter(([, who]) => may[who]);
  const [current, , draw] = pages.find(([page]) => page === name) ?? PAGES[0]!;
  useEffect(() => {
    main.current?.scrollTo(0, 0);
    document.querySelector(".contents [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });
  }, [current]);
  return (
    <>
      <nav class="column contents" aria-label={t.settings}>
        <h2>{t.settings}</h2>
        <ul>
          {pages.map(([page]) => (
            <li key={page}><a href={hashOf({ page: "settings", name: page })} aria-current={page === current ? "page" : undefined}>{t.pages[page]}</a></li>
          ))}
        </ul>
      </nav>
      <main class="settings" tabIndex={-1} ref={main}>
        <div class="sheet-wide" key={current}>
          <h1>{t.pages[current]}</h1>
          {draw()}
        </div>
      </main>
    </>
  );
}
