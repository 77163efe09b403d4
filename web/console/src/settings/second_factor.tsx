// Setting up an authenticator app: a picture to scan (drawn from the server's SVG as an image, never as markup).

import { useEffect, useState } from "preact/hooks";
import { useApp } from "../app";
import { useCell } from "../cell";
import { Form, Input } from "../form";
import type { SignedIn } from "../protocol";
import { t } from "../text";

interface Offered {
  readonly secret: string;
  readonly uri: string;
  readonly svg: string;
}

export function SecondFactor() {
  const app = useApp();
  const session = useCell(app.session);
  const [offered, setOffered] = useState<Offered | null>(null);
  const [code, setCode] = useState("");
  const on = session.state === "in" && session.second_factor === true;
  const begin = async (): Promise<void> => setOffered(await app.api.send<Offered>("POST", "/session/totp"));
  const change = (method: "PUT" | "DELETE") => async (): Promise<void> => {
    app.become(await app.api.send<SignedIn>(method, "/session/totp", { code: code.replace(/\s/g, "") }));
    setCode("");
    setOffered(null);
  };
  const field = <Input label={t.code} value={code} change={setCode} inputMode="numeric" autocomplete="one-time-code" pattern="[0-9 ]{6,8}" required />;
  if (on) return <Form submit={t.turnOff} danger work={change("DELETE")} done={t.saved} label={t.secondFactor}><p>{t.secondFactorOn}</p>{field}</Form>;
  if (!offered) return <Form submit={t.setUp} work={begin} label={t.secondFactor}><p>{t.secondFactorOff}</p></Form>;
  return (
    <Form submit={t.confirm} work={change("PUT")} cancel={() => setOffered(null)} done={t.saved} label={t.secondFactor}>
      <p>{t.scan}</p>
      <Code svg={offered.svg} />
      <p class="hint">{t.orType} <code>{offered.secret}</code></p>
      {field}
    </Form>
  );
}

function Code({ svg }: { svg: string }) {
  const [address, setAddress] = useState("");
  useEffect(() => {
    const made = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
    setAddress(made);
    return () => URL.revokeObjectURL(made);
  }, [svg]);
  return address ? <img class="qr" src={address} width="220" height="220" alt={t.qr} /> : null;
}
