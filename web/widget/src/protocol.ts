// The frames of the widget protocol, version 1, and a reader of server frames that never throws.

export const SUBPROTOCOL = "grija.widget.v1";
export const MAX_TEXT = 4000;

export type Status = "bot" | "queued" | "human" | "closed";
export type AuthorKind = "customer" | "bot" | "agent" | "system";

export interface Author {
  readonly kind: AuthorKind;
  readonly name: string;
}

export interface Button {
  readonly id: string;
  readonly title: string;
}

export interface Queue {
  readonly position: number;
  readonly wait_low_s: number;
  readonly wait_high_s: number;
}

/** Who the customer is, signed by the shop's own server. */
export interface Identity {
  readonly user_id: string;
  readonly name?: string;
  readonly email?: string;
  readonly exp: number;
  readonly hmac: string;
}

export interface Hello {
  readonly type: "hello";
  readonly token: string | null;
  readonly last_seq: number;
  readonly locale?: string;
  readonly identity?: Identity;
}

export type ClientFrame =
  | Hello
  | { readonly type: "message"; readonly client_msg_id: string; readonly text: string }
  | { readonly type: "button"; readonly client_msg_id: string; readonly button_id: string }
  | { readonly type: "typing"; readonly on: boolean }
  | { readonly type: "seen"; readonly seq: number }
  | { readonly type: "ping" };

export interface Welcome {
  readonly type: "welcome";
  readonly token: string;
  readonly seq: number;
  readonly status: Status;
  readonly language: string;
}

export interface Ack {
  readonly type: "ack";
  readonly client_msg_id: string;
  readonly id: string;
  readonly seq: number;
}

/** A file that came with a message. */
export interface FileInfo {
  readonly name: string;
  /** Bytes, 0 when unknown. */
  readonly size: number;
}

export interface Message {
  readonly type: "message";
  readonly id: string;
  readonly seq: number;
  readonly author: Author;
  readonly text: string;
  readonly buttons: readonly Button[];
  readonly attachments: readonly FileInfo[];
  readonly sent_at: string;
}

export interface StatusChange {
  readonly type: "status";
  readonly status: Status;
  readonly queue: Queue | null;
}

export interface Typing {
  readonly type: "typing";
  readonly author: Author;
  readonly on: boolean;
}

export interface ErrorFrame {
  readonly type: "error";
  readonly code: string;
  readonly message: string;
  /** The message that was refused, when the server names it. */
  readonly client_msg_id: string | null;
  /** Seconds after which another try makes sense, when the server says so. */
  readonly retry_after: number | null;
}

export type ServerFrame = Welcome | Ack | Message | StatusChange | Typing | ErrorFrame | { readonly type: "pong" };

type Fields = Record<string, unknown>;

const STATUSES: readonly string[] = ["bot", "queued", "human", "closed"];
const KINDS: readonly string[] = ["customer", "bot", "agent", "system"];

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isText = (value: unknown): value is string => typeof value === "string";
const isName = (value: unknown): value is string => isText(value) && value !== "";
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isPlace = (value: unknown): value is number => isCount(value) && value > 0;
const isSeconds = (value: unknown): value is number => Number.isFinite(value) && (value as number) >= 0;
const isStatus = (value: unknown): value is Status => isText(value) && STATUSES.includes(value);
const isKind = (value: unknown): value is AuthorKind => isText(value) && KINDS.includes(value);

function author(value: unknown): Author | null {
  if (!isFields(value) || !isKind(value.kind)) return null;
  return { kind: value.kind, name: isText(value.name) ? value.name : "" };
}

function buttons(value: unknown): Button[] {
  if (!Array.isArray(value)) return [];
  return value
    .filter((item): item is Fields => isFields(item) && isName(item.id) && isText(item.title))
    .map((item) => ({ id: item.id as string, title: item.title as string }));
}

function attachments(value: unknown): FileInfo[] {
  if (!Array.isArray(value)) return [];
  return value.filter(isFields).map(({ name, kind, size }) => {
    return { name: isName(name) ? name : isText(kind) ? kind : "", size: isCount(size) ? size : 0 };
  });
}

function queue(value: unknown): Queue | null {
  if (!isFields(value)) return null;
  const { position, wait_low_s, wait_high_s } = value;
  if (!isPlace(position) || !isSeconds(wait_low_s) || !isSeconds(wait_high_s)) return null;
  return { position, wait_low_s, wait_high_s };
}

/** A number, or a number written as text; null for everything else. */
function seconds(value: unknown): number | null {
  const number = isName(value) ? Number(value) : value;
  return isSeconds(number) ? number : null;
}

const READERS: Record<string, (fields: Fields) => ServerFrame | null> = {
  welcome: ({ token, seq, status, language }) =>
    isName(token) && isCount(seq) && isStatus(status)
      ? { type: "welcome", token, seq, status, language: isText(language) ? language : "" }
      : null,
  ack: ({ client_msg_id, id, seq }) =>
    isName(client_msg_id) && isName(id) && isPlace(seq) ? { type: "ack", client_msg_id, id, seq } : null,
  message: (fields) => {
    const { id, seq, text, sent_at } = fields;
    const from = author(fields.author);
    if (!isName(id) || !isPlace(seq) || !isText(text) || !from) return null;
    const when = isText(sent_at) ? sent_at : "";
    const files = attachments(fields.attachments);
    const offered = buttons(fields.buttons);
    return { type: "message", id, seq, author: from, text, buttons: offered, attachments: files, sent_at: when };
  },
  status: (fields) =>
    isStatus(fields.status) ? { type: "status", status: fields.status, queue: queue(fields.queue) } : null,
  typing: (fields) => {
    const from = author(fields.author);
    return from && typeof fields.on === "boolean" ? { type: "typing", author: from, on: fields.on } : null;
  },
  error: ({ code, message, client_msg_id, retry_after }) =>
    isName(code)
      ? {
          type: "error",
          code,
          message: isText(message) ? message : "",
          client_msg_id: isName(client_msg_id) ? client_msg_id : null,
          retry_after: seconds(retry_after),
        }
      : null,
  pong: () => ({ type: "pong" }),
};

/** The server frame in `raw`, or null when it is not one we know: those are left aside, never an error. */
export function parseFrame(raw: unknown): ServerFrame | null {
  if (!isText(raw)) return null;
  let value: unknown;
  try {
    value = JSON.parse(raw);
  } catch {
    return null;
  }
  if (!isFields(value) || !isText(value.type) || !Object.hasOwn(READERS, value.type)) return null;
  return READERS[value.type]?.(value) ?? null;
}
