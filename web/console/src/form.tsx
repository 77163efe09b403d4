// Fields as all forms of the console have them: label, hint, and the one thing that is wrong.

import type { ComponentChildren } from "preact";
import { useId, useState } from "preact/hooks";
import { useApp } from "./app";
import { errorText } from "./errors";
import { t } from "./text";

interface FieldProps {
  readonly label: string;
  readonly hint?: string | undefined;
  readonly children: (id: string, describedBy: string | undefined) => ComponentChildren;
}

export function Field({ label, hint, children }: FieldProps) {
  const id = useId();
  const described = hint ? `${id}-hint` : undefined;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children(id, described)}
      {hint && <p class="hint" id={described}>{hint}</p>}
    </div>
  );
}

interface InputProps {
  readonly label: string;
  readonly hint?: string | undefined;
  readonly value: string | number;
  readonly change: (value: string) => void;
  readonly type?: "text" | "email" | "password" | "number" | "search" | "url" | "datetime-local";
  readonly required?: boolean;
  readonly autofocus?: boolean;
  readonly autocomplete?: string;
  readonly inputMode?: "numeric";
  readonly pattern?: string;
  readonly placeholder?: string;
  readonly lang?: string;
  readonly list?: string;
  readonly min?: number | string;
  readonly max?: number;
  readonly step?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
}

export function Input({ label, hint, value, change, type = "text", ...rest }: InputProps) {
  return (
    <Field label={label} hint={hint}>
      {(id, described) => (
        <input {...(rest as object)} type={type as "text"} id={id} aria-describedby={described} value={value} onInput={(event) => change(event.currentTarget.value)} />
      )}
    </Field>
  );
}

interface AreaProps {
  readonly label: string;
  readonly hint?: string | undefined;
  readonly value: string;
  readonly change: (value: string) => void;
  readonly rows?: number;
  readonly required?: boolean;
  readonly autofocus?: boolean;
  readonly maxLength?: number;
  readonly lang?: string;
}

export function Area({ label, hint, value, change, ...rest }: AreaProps) {
  return (
    <Field label={label} hint={hint}>
      {(id, described) => (
        <textarea {...rest} id={id} aria-describedby={described} value={value} onInput={(event) => change(event.currentTarget.value)} />
      )}
    </Field>
  );
}

interface SelectProps<T extends string> {
  readonly label: string;
  readonly hint?: string | undefined;
  readonly value: T;
  readonly options: readonly (readonly [T, string])[];
  readonly change: (value: T) => void;
}

export function Select<T extends string>({ label, hint, value, options, change }: SelectProps<T>) {
  return (
    <Field label={label} hint={hint}>
      {(id, described) => (
        <select id={id} aria-describedby={described} value={value} onChange={(event) => change(event.currentTarget.value as T)}>
          {options.map(([option, title]) => (
            <option key={option} value={option} selected={option === value}>{title}</option>
          ))}
        </select>
      )}
    </Field>
  );
}

export function Check({ label, hint, checked, change }: { label: string; hint?: string; checked: boolean; change: (on: boolean) => void }) {
  const id = useId();
  return (
    <div class="check">
      <input type="checkbox" id={id} checked={checked} onChange={(event) => change(event.currentTarget.checked)} />
      <label for={id}>{label}{hint && <small>{hint}</small>}</label>
    </div>
  );
}

/** Several of a few things. */
export function Choices({ label, options, chosen, change }: {
  label: string;
  options: readonly (readonly [string, string])[];
  chosen: readonly string[];
  change: (chosen: string[]) => void;
}) {
  const toggled = (option: string, on: boolean): string[] =>
    on ? [...chosen, option] : chosen.filter((other) => other !== option);
  return (
    <fieldset class="choices">
      <legend>{label}</legend>
      {options.map(([option, title]) => (
        <label key={option}>
          <input type="checkbox" checked={chosen.includes(option)} onChange={(event) => change(toggled(option, event.currentTarget.checked))} />
          <span>{title}</span>
        </label>
      ))}
    </fieldset>
  );
}

interface FormProps {
  readonly submit: string;
  /** What it does; throws when it fails, and the form says why. */
  readonly work: () => Promise<unknown>;
  readonly children: ComponentChildren;
  readonly done?: string;
  readonly cancel?: (() => void) | undefined;
  readonly danger?: boolean;
  readonly label?: string;
}

export function Form({ submit, work, children, done, cancel, danger, label }: FormProps) {
  const app = useApp();
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState("");
  const send = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setWrong("");
    try {
      await work();
      if (done) app.toasts.say(done);
    } catch (error) {
      setWrong(errorText(error));
    }
    setBusy(false);
  };
  return (
    <form class="form" aria-label={label} onSubmit={(event) => void send(event)}>
      {children}
      <p class="wrong" role="alert">{wrong}</p>
      <div class="buttons">
        <button type="submit" class={danger ? "danger" : "primary"} disabled={busy} aria-busy={busy}>{submit}</button>
        {cancel && <button type="button" onClick={cancel}>{t.cancel}</button>}
      </div>
    </form>
  );
}
