// What this agent may do with a conversation now. Pure; the server decides again.

import type { Head } from "./protocol";

export interface Abilities {
  readonly take: boolean;
  /** The taking is from another agent. */
  readonly wrest: boolean;
  readonly reply: boolean;
  readonly transfer: boolean;
  readonly snooze: boolean;
  readonly close: boolean;
  readonly release: boolean;
  readonly block: boolean;
}

export function abilitiesOf(head: Head | null, me: string, supervises: boolean): Abilities {
  const status = head?.conversation.status;
  const mine = status === "human" && head?.conversation.owner?.id === me;
  const open = status === "bot" || status === "queued";
  const wrest = status === "human" && !mine && supervises;
  return {
    take: open || wrest,
    wrest,
    reply: mine || open,
    transfer: mine || wrest || (supervises && open),
    snooze: mine,
    close: mine || (supervises && open),
    release: mine,
    block: mine || (supervises && head !== null),
  };
}
