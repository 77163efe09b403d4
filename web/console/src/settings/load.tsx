// Loading what a settings page shows, and showing that it is under way or went wrong.

import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { useApp } from "../app";
import { errorText } from "../errors";
import { Form } from "../form";
import type { Setting } from "../protocol";
import { t } from "../text";

interface Loaded<T> {
  readonly value: T | null;
  readonly wrong: string;
  readonly reload: () => Promise<void>;
}

export function useLoaded<T>(path: string): Loaded<T> {
  const app = useApp();
  const [value, setValue] = useState<T | null>(null);
  const [wrong, setWrong] = useState("");
  const reload = async (): Promise<void> => {
    try {
      setValue(await app.api.get<T>(path));
      setWrong("");
    } catch (error) {
      setWrong(errorText(error));
    }
  };
  useEffect(() => void reload(), [path]);
  return { value, wrong, reload };
}

export function Waiting<T>({ loaded, children }: { loaded: Loaded<T>; children: (value: T) => ComponentChildren }) {
  if (loaded.wrong) return <p class="notice" role="alert">{loaded.wrong} <button type="button" onClick={() => void loaded.reload()}>{t.tryNow}</button></p>;
  if (loaded.value === null) return <div class="bones" aria-busy="true"><i /><i /><i /></div>;
  return <>{children(loaded.value)}</>;
}

interface EditorProps<T> {
  readonly name: string;
  readonly children: (value: T, change: (changes: Partial<T>) => void) => ComponentChildren;
}

/** One setting of the site in a form. Who saves over a newer version is told so and loses nothing. */
export function SettingEditor<T extends object>({ name, children }: EditorProps<T>) {
  const loaded = useLoaded<Setting<T>>(`/settings/${name}`);
  return <Waiting loaded={loaded}>{(setting) => <Editor key={setting.version} setting={setting} reload={loaded.reload}>{children}</Editor>}</Waiting>;
}

function Editor<T extends object>({ setting, reload, children }: { setting: Setting<T>; reload: () => Promise<void>; children: EditorProps<T>["children"] }) {
  const app = useApp();
  const [value, setValue] = useState<T>(setting.value);
  const save = async (): Promise<void> => {
    await app.api.send("PUT", `/settings/${setting.name}`, { version: setting.version, value });
    await reload();
  };
  return <Form submit={t.save} work={save} done={t.saved}>{children(value, (changes) => setValue({ ...value, ...changes }))}</Form>;
}
