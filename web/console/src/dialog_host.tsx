// The dialog that is open, if any.

import { pathOf } from "./api";
import { type Dialog, useApp } from "./app";
import { useCell } from "./cell";
import { BlockDialog, CloseDialog, ReleaseDialog } from "./ending";
import { Help } from "./help";
import { Modal } from "./modal";
import { SnoozeDialog } from "./snooze";
import { TransferDialog } from "./transfer";

export function DialogHost() {
  const app = useApp();
  const dialog = useCell(app.dialog);
  const talk = useCell(app.talk);
  const close = (): void => app.dialog.set(null);
  if (!dialog) return null;
  if (dialog.kind === "help") return <Help close={close} />;
  if (dialog.kind === "picture") return <Picture picture={dialog} close={close} />;
  if (!talk) return null;
  switch (dialog.kind) {
    case "transfer":
      return <TransferDialog talk={talk} close={close} />;
    case "snooze":
      return <SnoozeDialog talk={talk} close={close} />;
    case "close":
      return <CloseDialog talk={talk} close={close} />;
    case "release":
      return <ReleaseDialog talk={talk} close={close} />;
    case "block":
      return <BlockDialog talk={talk} close={close} />;
  }
}

function Picture({ picture, close }: { picture: Extract<Dialog, { kind: "picture" }>; close: () => void }) {
  const path = `/api/v1/attachments${pathOf(picture.id)}`;
  return (
    <Modal title={picture.name} kind="wide" close={close}>
      <img class="whole" src={`${path}/preview`} alt={picture.name} />
      <p><a href={path} download={picture.name}>{picture.name}</a></p>
    </Modal>
  );
}
