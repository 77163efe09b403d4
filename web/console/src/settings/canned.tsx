// Canned answers: one shortcut, a text in each language.

import { useState } from "preact/hooks";
import { pathOf } from "../api";
import { useApp } from "../app";
import { Area, Form, Input } from "../form";
import { Modal } from "../modal";
import type { Canned } from "../protocol";
import { LANGUAGES, fill, t } from "../text";
import { languageName } from "../times";
import { Waiting, useLoaded } from "./load";

type Texts = Readonly<Record<string, Canned>>;

export function CannedPage() {
  const app = useApp();
  const loaded = useLoaded<readonly Canned[]>("/canned");
  const [edited, setEdited] = useState<string | null>(null);
  const [query, setQuery] = useState("");
  const close = (): void => setEdited(null);
  const fits = (texts: Texts): boolean =>
    Object.values(texts).some((one) => `${one.shortcut} ${one.title} ${one.text}`.toLowerCase().includes(query.toLowerCase()));
  return (
    <>
      <p class="hint">{t.cannedHint}</p>
      <div class="bar-row">
        <Input label={t.search} type="search" value={query} change={setQuery} />
        {app.supervises && <button type="button" class="primary" onClick={() => setEdited("")}>{t.addCanned}</button>}
      </div>
      <Waiting loaded={loaded}>
        {(all) => (
          <ul class="cards" aria-label={t.pages.canned}>
            {[...grouped(all)].filter(([, texts]) => fits(texts)).map(([shortcut, texts]) => (
              <li key={shortcut}>
                <div><b>/{shortcut}</b><small>{best(texts, app.language.value)?.title}</small></div>
                <p class="words">{best(texts, app.language.value)?.text}</p>
                <p>{LANGUAGES.map((code) => <span key={code} class={texts[code] ? "tag plain" : "tag missing"} title={texts[code] ? "" : t.missing}>{code.toUpperCase()}</span>)}</p>
                {app.supervises && <button type="button" aria-label={`${t.edit}: /${shortcut}`} onClick={() => setEdited(shortcut)}>{t.edit}</button>}
              </li>
            ))}
          </ul>
        )}
      </Waiting>
      {edited !== null && <CannedDialog shortcut={edited} texts={grouped(loaded.value ?? []).get(edited) ?? {}} close={close} changed={loaded.reload} />}
    </>
  );
}

function grouped(all: readonly Canned[]): Map<string, Texts> {
  const groups = new Map<string, Texts>();
  for (const one of all) groups.set(one.shortcut, { ...groups.get(one.shortcut), [one.language]: one });
  return new Map([...groups].sort(([one], [other]) => one.localeCompare(other)));
}

function best(texts: Texts, language: string): Canned | undefined {
  return texts[language] ?? texts["en"] ?? Object.values(texts)[0];
}

function CannedDialog({ shortcut, texts, close, changed }: { shortcut: string; texts: Texts; close: () => void; changed: () => Promise<void> }) {
  const app = useApp();
  const [name, setName] = useState(shortcut);
  const [language, setLanguage] = useState<string>(app.language.value);
  const known = texts[language];
  return (
    <Modal title={shortcut ? `/${shortcut}` : t.addCanned} kind="wide" close={close}>
      <div class="tongues" role="group" aria-label={t.language}>
        {LANGUAGES.map((code) => (
          <button key={code} type="button" aria-pressed={code === language} data-missing={!texts[code]} onClick={() => setLanguage(code)}>{languageName(code, app.locale)}</button>
        ))}
      </div>
      {!shortcut && <Input label={t.shortcut} hint={t.shortcutHint} value={name} change={setName} pattern="[a-z0-9]+(-[a-z0-9]+)*" maxLength={32} required />}
      <CannedForm key={language} shortcut={name} language={language} known={known} changed={changed} />
    </Modal>
  );
}

function CannedForm({ shortcut, language, known, changed }: { shortcut: string; language: string; known: Canned | undefined; changed: () => Promise<void> }) {
  const app = useApp();
  const [title, setTitle] = useState(known?.title ?? "");
  const [text, setText] = useState(known?.text ?? "");
  const path = `/canned${pathOf(shortcut, language)}`;
  const save = async (): Promise<void> => {
    await app.api.send("PUT", path, { title, text });
    await changed();
  };
  const remove = async (): Promise<void> => {
    await app.api.send("DELETE", path);
    await changed();
  };
  return (
    <Form submit={t.save} work={save} done={t.saved}>
      <Input label={t.title} value={title} change={setTitle} required maxLength={120} lang={language} />
      <Area label={t.text} hint={fill(t.variables, { names: "{customer} {agent} {order} {refund} {case} {contact} {site}" })} rows={6} value={text} change={setText} required maxLength={4000} lang={language} />
      {known && <button type="button" class="danger" onClick={() => void app.act(remove, t.removed)}>{t.remove}</button>}
    </Form>
  );
}
