// The narrow rail at the side (below on phones): places, presence, own account.

import { useApp } from "./app";
import { useCell } from "./cell";
import { Icon, type IconName } from "./icon";
import { PresenceSwitch } from "./presence";
import { deskHash, hashOf } from "./route";
import { t } from "./text";

export function Rail() {
  const app = useApp();
  const route = useCell(app.address.route);
  const { counts } = useCell(app.lists.queue);
  const searching = route.page === "desk" && route.list === "search";
  const alerts = useCell(app.alerts.page);
  const watching = route.page === "alerts" && app.supervises;
  const settings = route.page === "settings" || !app.answers;
  return (
    <header class="rail">
      <img class="mark" src="/assets/mark.svg" width="32" height="32" alt="Grija" />
      <nav aria-label={t.places}>
        {app.answers && (
          <Place icon="queue" title={t.desk} href={deskHash("waiting")} current={!settings && !searching && !watching} count={counts.waiting} />
        )}
        {app.answers && <Place icon="search" title={t.search} href={deskHash("search")} current={!settings && searching} count={0} />}
        {app.supervises && <Place icon="bell" title={t.alerts.title} href={hashOf({ page: "alerts" })} current={watching} count={alerts.open} />}
        <Place icon="settings" title={t.settings} href={hashOf({ page: "settings", name: "profile" })} current={settings} count={0} />
      </nav>
      <button type="button" class="place helper" title={`${t.keyboard} (?)`} onClick={() => app.dialog.set({ kind: "help" })}>
        <Icon name="help" />
        <span>{t.keyboard}</span>
      </button>
      <PresenceSwitch />
    </header>
  );
}

function Place({ icon, title, href, current, count }: { icon: IconName; title: string; href: string; current: boolean; count: number }) {
  return (
    <a class="place" href={href} title={title} aria-current={current ? "page" : undefined}>
      <Icon name={icon} />
      <span>{title}</span>
      {count > 0 && <b class="count">{count > 99 ? "99+" : count}</b>}
    </a>
  );
}
