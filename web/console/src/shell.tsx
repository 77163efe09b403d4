// The frame of the signed-in pages: rail, page, banner, offers, dialogs, and the keyboard.

import { useEffect } from "preact/hooks";
import { AlertsPage } from "./alerts_page";
import { useApp } from "./app";
import { Banner } from "./banner";
import { useCell } from "./cell";
import { Desk } from "./desk";
import { DialogHost } from "./dialog_host";
import { OfferStack } from "./offer_stack";
import { Rail } from "./rail";
import { SettingsPage } from "./settings/page";
import { onKey } from "./shortcuts";
import { t } from "./text";

export function Shell() {
  const app = useApp();
  const route = useCell(app.address.route);
  const { counts } = useCell(app.lists.queue);
  const session = useCell(app.session);
  const offers = useCell(app.offers.open);
  const settings = route.page === "settings" || !app.answers;
  const alerts = route.page === "alerts" && app.supervises;
  useEffect(() => {
    if (!settings && route.page === "desk") app.show(route.conversation, route.at);
    if (settings || alerts) app.show(null);
  }, [route, settings, alerts]);
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => onKey(app, event);
    document.addEventListener("keydown", listen);
    return () => document.removeEventListener("keydown", listen);
  }, [app]);
  useEffect(() => {
    const site = session.state === "in" ? (session.site?.name ?? "") : "";
    const calls = offers.length + counts.waiting;
    document.title = [calls ? `(${calls})` : "", site ? `${site} ·` : "", "Grija"].filter(Boolean).join(" ");
  }, [counts.waiting, offers, session]);
  const open = route.page === "desk" && route.conversation !== null && !settings;
  return (
    <div class={open ? "shell opened" : "shell"}>
      <button type="button" class="skip" onClick={() => document.querySelector<HTMLElement>("main")?.focus()}>{t.skip}</button>
      <Banner />
      <Rail />
      {settings ? <SettingsPage name={route.page === "settings" ? route.name : "profile"} /> : alerts ? <AlertsPage /> : <Desk />}
      <OfferStack />
      <DialogHost />
    </div>
  );
}
