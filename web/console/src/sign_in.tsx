import { useState } from "preact/hooks";
import { useApp } from "./app";
import { ApiError } from "./api";
import { useCell } from "./cell";
import { Form, Input } from "./form";
import type { SignedIn } from "./protocol";
import { LANGUAGES, t } from "./text";
import { languageName } from "./times";

export function SignIn() {
  const app = useApp();
  const ended = useCell(app.ended);
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const [second, setSecond] = useState(false);
  const work = async (): Promise<void> => {
    try {
      const given = second ? { email, password, code: code.replace(/\s/g, "") } : { email, password };
      app.begin(await app.api.send<SignedIn>("POST", "/session", given));
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== "second_factor_needed" || second) throw error;
      setSecond(true);
    }
  };
  return (
    <Gate title={t.signInTitle}>
      {ended && <p class="notice" role="status">{(t.ended as Readonly<Record<string, string>>)[ended] ?? t.ended.signed_out}</p>}
      <Form submit={second ? t.confirm : t.signIn} work={work} cancel={second ? () => setSecond(false) : undefined}>
        {second ? (
          <Input key="code" label={t.code} hint={t.codeHint} value={code} change={setCode} inputMode="numeric"
            autocomplete="one-time-code" required autofocus pattern="[0-9 ]{6,8}" />
        ) : (
          <>
            <Input label={t.email} type="email" value={email} change={setEmail} autocomplete="username" required autofocus />
            <Input label={t.password} type="password" value={password} change={setPassword} autocomplete="current-password" required />
          </>
        )}
      </Form>
    </Gate>
  );
}

/** The page before the desk: a card, and a choice of language. */
export function Gate({ title, children }: { title: string; children: preact.ComponentChildren }) {
  const app = useApp();
  const language = useCell(app.language);
  return (
    <main class="gate">
      <div class="card">
        <p class="wordmark"><img src="/assets/mark.svg" width="40" height="40" alt="" />Grija</p>
        <h1>{title}</h1>
        {children}
      </div>
      <div class="tongues" role="group" aria-label={t.language}>
        {LANGUAGES.map((code) => (
          <button key={code} type="button" class="bare" lang={code} aria-pressed={code === language} onClick={() => app.speak(code)}>
            {languageName(code, code)}
          </button>
        ))}
      </div>
    </main>
  );
}
