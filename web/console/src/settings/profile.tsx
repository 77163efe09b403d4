// The agent's own account: name, languages, password, second factor; and how this browser behaves.

import { useState } from "preact/hooks";
import { mayNotify } from "../alarm";
import { useApp } from "../app";
import { useCell } from "../cell";
import { Check, Choices, Form, Input, Select } from "../form";
import type { Theme } from "../prefs";
import type { SignedIn } from "../protocol";
import { LANGUAGES, t } from "../text";
import { languageName } from "../times";
import { SecondFactor } from "./second_factor";

const THEMES: readonly Theme[] = ["auto", "light", "dark"];

export function ProfilePage() {
  return (
    <>
      <Account />
      <h2>{t.thisBrowser}</h2>
      <Browser />
      <h2>{t.password}</h2>
      <Password />
      <h2>{t.secondFactor}</h2>
      <SecondFactor />
    </>
  );
}

function Account() {
  const app = useApp();
  const me = app.me;
  const [name, setName] = useState(me?.name ?? "");
  const [locale, setLocale] = useState(me?.locale ?? "en");
  const [languages, setLanguages] = useState<readonly string[]>(me?.languages ?? []);
  const save = async (): Promise<void> => {
    const signedIn = await app.api.send<SignedIn>("PUT", "/me", { name, locale, languages });
    app.become(signedIn);
  };
  return (
    <Form submit={t.save} work={save} done={t.saved} label={t.profile}>
      <Input label={t.name} value={name} change={setName} required maxLength={100} autocomplete="name" />
      <Select label={t.pageLanguage} value={locale} change={setLocale} options={LANGUAGES.map((code) => [code as string, languageName(code, code)] as const)} />
      <Choices label={t.spokenLanguages} chosen={languages} change={setLanguages} options={LANGUAGES.map((code) => [code, languageName(code, app.locale)] as const)} />
    </Form>
  );
}

function Browser() {
  const app = useApp();
  const prefs = useCell(app.prefs.cell);
  const notices = async (on: boolean): Promise<void> => {
    const allowed = on && (await mayNotify());
    app.prefs.change({ notices: allowed });
    if (on && !allowed) app.toasts.say(t.noticesRefused, true);
  };
  const sound = (on: boolean): void => {
    app.prefs.change({ sound: on });
    if (on) app.alarm.play("offer");
  };
  return (
    <div class="form">
      <Select label={t.theme} value={prefs.theme} change={(theme) => app.prefs.change({ theme })} options={THEMES.map((theme) => [theme, t.themes[theme]] as const)} />
      <Check label={t.sound} hint={t.soundHint} checked={prefs.sound} change={sound} />
      <Check label={t.notices} hint={t.noticesHint} checked={prefs.notices} change={(on) => void notices(on)} />
      <Check label={t.singleKeys} hint={t.singleKeysHint} checked={prefs.keys} change={(keys) => app.prefs.change({ keys })} />
    </div>
  );
}

function Password() {
  const app = useApp();
  const [old, setOld] = useState("");
  const [fresh, setFresh] = useState("");
  const save = async (): Promise<void> => {
    app.become(await app.api.send<SignedIn>("PUT", "/me", { password: fresh, old_password: old }));
    setOld("");
    setFresh("");
  };
  return (
    <Form submit={t.changePassword} work={save} done={t.saved} label={t.password}>
      <Input label={t.oldPassword} type="password" value={old} change={setOld} autocomplete="current-password" required />
      <Input label={t.newPassword} hint={t.passwordHint} type="password" value={fresh} change={setFresh} autocomplete="new-password" required minLength={12} />
    </Form>
  );
}
