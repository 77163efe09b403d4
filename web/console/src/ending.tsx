// Ways in which an agent's part ends: closed with its outcome, back to the bot, the customer blocked.

import { useState } from "preact/hooks";
import { pathOf } from "./api";
import { useApp } from "./app";
import { useCell } from "./cell";
import { Area, Form } from "./form";
import { Modal } from "./modal";
import { OUTCOMES, type Outcome } from "./protocol";
import { fill, t } from "./text";
import type { Talk } from "./talk";

interface Props {
  readonly talk: Talk;
  readonly close: () => void;
}

/** Posts to a path below the conversation, closes the dialog, and shows what is new. Throws when it fails. */
export function useDoing({ talk, close }: Props): (path: string, body: unknown, done: string) => Promise<void> {
  const app = useApp();
  return async (path, body, done) => {
    await app.api.send("POST", `/conversations${pathOf(talk.id)}${path}`, body);
    app.toasts.say(done);
    close();
    void talk.refresh();
    void app.lists.reload();
  };
}

export function CloseDialog(props: Props) {
  const work = useDoing(props);
  const [outcome, setOutcome] = useState<Outcome>("solved");
  const [note, setNote] = useState("");
  return (
    <Modal title={t.closeTitle} close={props.close}>
      <Form submit={t.close} cancel={props.close} work={() => work("/close", { outcome, note: note.trim() }, t.closed)}>
        <fieldset class="outcomes">
          <legend>{t.howEnded}</legend>
          {OUTCOMES.map((name) => (
            <label key={name}>
              <input type="radio" name="outcome" checked={outcome === name} autofocus={name === "solved"} onChange={() => setOutcome(name)} />
              <span>{t.outcomes[name]}</span>
            </label>
          ))}
        </fieldset>
        <Area label={t.closeNote} hint={t.closeNoteHint} rows={3} value={note} change={setNote} maxLength={2000} />
      </Form>
    </Modal>
  );
}

export function ReleaseDialog(props: Props) {
  const work = useDoing(props);
  const [note, setNote] = useState("");
  return (
    <Modal title={t.releaseTitle} close={props.close}>
      <Form submit={t.release} cancel={props.close} work={() => work("/release", { note: note.trim() }, t.released)}>
        <Area label={t.releaseNote} hint={t.releaseNoteHint} rows={4} value={note} change={setNote} maxLength={2000} autofocus />
      </Form>
    </Modal>
  );
}

export function BlockDialog({ talk, close }: Props) {
  const app = useApp();
  const head = useCell(talk.head);
  if (!head) return null;
  const { blocked, id, name } = head.customer;
  const work = async (): Promise<void> => {
    await app.api.send("POST", `/customers${pathOf(id)}/block`, { blocked: !blocked });
    app.toasts.say(blocked ? t.unblockedDone : t.blockedDone);
    close();
    void talk.refresh();
    void app.lists.reload();
  };
  return (
    <Modal title={blocked ? t.unblock : t.block} close={close}>
      <Form submit={blocked ? t.unblock : t.block} danger={!blocked} cancel={close} work={work}>
        <p>{fill(blocked ? t.unblockText : t.blockText, { name: name || t.nameless })}</p>
      </Form>
    </Modal>
  );
}
