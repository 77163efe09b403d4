import { useEffect, useState } from "preact/hooks";
import { ApiError, pathOf } from "./api";
import { useApp } from "./app";
import { errorText } from "./errors";
import { Form, Input } from "./form";
import type { SignedIn } from "./protocol";
import { HOME } from "./route";
import { Gate } from "./sign_in";
import { fill, t } from "./text";

interface Invited {
  readonly email: string;
  readonly name: string;
  readonly role: string;
}

export function Invitation({ token }: { token: string }) {
  const app = useApp();
  const [invited, setInvited] = useState<Invited | null>(null);
  const [wrong, setWrong] = useState("");
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const path = `/invitations${pathOf(token)}`;
  useEffect(() => {
    const load = async (): Promise<void> => {
      const known = await app.api.get<Invited>(path);
      setInvited(known);
      setName(known.name);
    };
    load().catch((error: unknown) => setWrong(errorText(error)));
  }, [token]);
  const [code, setCode] = useState<string | null>(null);
  const work = async (): Promise<void> => {
    try {
      const given = code === null ? { name, password } : { name, password, code: code.replace(/\s/g, "") };
      app.begin(await app.api.send<SignedIn>("POST", path, given));
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== "second_factor_needed" || code !== null) throw error;
      setCode("");
    }
  };
  return (
    <Gate title={t.welcome}>
      {wrong && <p class="notice" role="alert">{wrong}</p>}
      {wrong && <p><button type="button" onClick={() => app.address.go(HOME)}>{t.signIn}</button></p>}
      {invited && (
        <Form submit={t.begin} work={work}>
          <p class="hint">{fill(t.invitedAs, { email: invited.email, role: roleName(invited.role) })}</p>
          <input type="hidden" name="username" autocomplete="username" value={invited.email} />
          <Input label={t.name} value={name} change={setName} autocomplete="name" required maxLength={80} autofocus />
          <Input label={t.newPassword} hint={t.passwordHint} type="password" value={password} change={setPassword}
            autocomplete="new-password" required minLength={12} />
          {code !== null && <Input label={t.code} hint={t.codeHint} value={code} change={setCode} inputMode="numeric" autocomplete="one-time-code" required />}
        </Form>
      )}
    </Gate>
  );
}

export function roleName(role: string): string {
  return (t.roles as Readonly<Record<string, string>>)[role] ?? role;
}
