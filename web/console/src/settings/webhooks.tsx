import { useState } from "preact/hooks";
import { pathOf } from "../api";
import { useApp } from "../app";
import { Choices, Form, Input } from "../form";
import { Modal } from "../modal";
import type { Webhook } from "../protocol";
import { fill, t } from "../text";
import { Secret } from "./secret";
import { Waiting, useLoaded } from "./load";

const KINDS: readonly string[] = [
  "message.created", "conversation.queued", "conversation.taken", "conversation.transferred", "conversation.returned",
  "conversation.taken_back", "conversation.snoozed", "conversation.woken", "conversation.closed", "conversation.rated",
];

export function WebhooksPage() {
  const app = useApp();
  const hooks = useLoaded<readonly Webhook[]>("/webhooks");
  const [adding, setAdding] = useState(false);
  const [secret, setSecret] = useState("");
  const done = async (made: string): Promise<void> => {
    setAdding(false);
    setSecret(made);
    await hooks.reload();
  };
  const remove = async (id: string): Promise<void> => {
    await app.api.send("DELETE", `/webhooks${pathOf(id)}`);
    await hooks.reload();
  };
  return (
    <>
      <p class="hint">{t.webhooksHint}</p>
      <p><button type="button" class="primary" onClick={() => setAdding(true)}>{t.addWebhook}</button></p>
      {secret && <Secret title={t.webhookSecret} hint={t.shownOnce} secret={secret} close={() => setSecret("")} />}
      <Waiting loaded={hooks}>
        {(all) => (
          <ul class="cards" aria-label={t.pages.webhooks}>
            {all.map((hook) => (
              <li key={hook.id}>
                <div><b>{hook.url}</b><small>{fill(t.deliveries, { waiting: hook.waiting, dead: hook.dead })}</small>{hook.error && <small class="bad">{hook.error}</small>}</div>
                <p>{hook.kinds.map((kind) => <span class="tag plain" key={kind}>{kind}</span>)}</p>
                <button type="button" aria-label={`${t.tryOut}: ${hook.url}`} onClick={() => void app.act(() => app.api.send("POST", `/webhooks${pathOf(hook.id)}/test`), t.triedOut)}>{t.tryOut}</button>
                <button type="button" class="danger" aria-label={`${t.remove}: ${hook.url}`} onClick={() => void app.act(() => remove(hook.id), t.removed)}>{t.remove}</button>
              </li>
            ))}
          </ul>
        )}
      </Waiting>
      {adding && <HookDialog close={() => setAdding(false)} done={done} />}
    </>
  );
}

function HookDialog({ close, done }: { close: () => void; done: (secret: string) => Promise<void> }) {
  const app = useApp();
  const [url, setUrl] = useState("https://");
  const [kinds, setKinds] = useState<readonly string[]>(KINDS);
  const add = async (): Promise<void> => {
    const made = await app.api.send<{ secret: string }>("POST", "/webhooks", { url, kinds });
    await done(made.secret);
  };
  return (
    <Modal title={t.addWebhook} close={close}>
      <Form submit={t.save} work={add} cancel={close}>
        <Input label={t.address} type="url" value={url} change={setUrl} required autofocus />
        <Choices label={t.kinds} chosen={kinds} change={setKinds} options={KINDS.map((kind) => [kind, kind] as const)} />
      </Form>
    </Modal>
  );
}
