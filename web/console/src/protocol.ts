// What the server says and takes: the shapes of /api/v1 and of the socket. Times are ISO 8601 in UTC.

export type Role = "agent" | "supervisor" | "trainer" | "admin";
export type Presence = "online" | "away" | "offline";
export type Status = "bot" | "queued" | "human" | "closed";
export type ListName = "waiting" | "mine" | "others" | "bot" | "snoozed";
export type Outcome = "solved" | "unsolved" | "duplicate" | "spam";

export const LISTS: readonly ListName[] = ["waiting", "mine", "others", "bot", "snoozed"];
export const OUTCOMES: readonly Outcome[] = ["solved", "unsolved", "duplicate", "spam"];

export interface Named {
  readonly id: string;
  readonly name: string;
}

export interface Agent extends Named {
  readonly email: string;
  readonly role: Role;
  readonly languages: readonly string[];
  readonly teams: readonly Named[];
  readonly capacity: number;
  readonly presence: Presence;
  readonly locale: string;
}

export interface SignedIn {
  readonly agent: Agent;
  readonly csrf: string;
  readonly second_factor?: boolean;
  readonly hold_seconds?: number;
  readonly site?: { readonly languages: readonly string[]; readonly name: string };
}

export interface Item {
  readonly conversation: string;
  readonly epoch: number;
  readonly customer: Named;
  readonly channel: string;
  readonly language: string | null;
  readonly status: Status;
  readonly reason: string | null;
  readonly anger: number;
  readonly priority: number;
  readonly queued_at: string | null;
  readonly waited_s: number | null;
  readonly last: { readonly author: string; readonly text: string; readonly at: string } | null;
  readonly unread: number;
  /** The id of the agent who is asked now. */
  readonly offered_to: string | null;
  readonly offered_until: string | null;
  readonly handoff: string | null;
  readonly wanted?: Named | null;
  readonly team?: Named | null;
  readonly owner: Named | null;
  readonly troubled: boolean;
  readonly undelivered: boolean;
  readonly snoozed_until: string | null;
}

export type Queue = Readonly<Record<ListName, readonly Item[]>> & {
  readonly counts: Readonly<Record<ListName, number>>;
};

export interface Handoff {
  readonly id: string;
  readonly reason: string;
  readonly detail?: Readonly<Record<string, unknown>>;
  readonly anger?: number;
  readonly queued_at: string;
  readonly taken_at?: string | null;
  readonly ended_at?: string | null;
  readonly end?: string | null;
  readonly note?: string;
  readonly team?: Named | null;
  readonly taken_by?: Named | null;
}

export interface Head {
  readonly conversation: {
    readonly id: string;
    readonly status: Status;
    readonly epoch: number;
    readonly owner: Named | null;
    readonly language: string | null;
    readonly opened_at: string;
    readonly closed_at: string | null;
    readonly outcome: string | null;
    readonly rating: number | null;
    readonly rating_comment: string | null;
    readonly snoozed_until: string | null;
    readonly last_seq: number;
    readonly channel?: string;
    readonly troubled?: boolean;
  };
  readonly customer: {
    readonly id: string;
    readonly name: string;
    readonly email: string | null;
    readonly since: string;
    readonly blocked: boolean;
    readonly languages: readonly string[];
    readonly addresses: readonly { channel: string; account: string; reachable: boolean }[];
  };
  readonly handoff: Handoff | null;
  readonly handoffs: readonly Handoff[];
  readonly viewers: readonly Viewer[];
}

export interface FileEntry {
  readonly id: string;
  readonly kind: string;
  readonly name: string;
  readonly mime: string;
  readonly size: number | null;
  readonly state: string;
  readonly reason: string;
  readonly caption?: string;
  readonly preview: boolean;
}

export interface MessageEntry {
  readonly kind: "message";
  readonly id: string;
  readonly conversation: string;
  readonly seq: number;
  readonly author: { readonly kind: string; readonly name: string; readonly agent_id?: string | null };
  readonly text: string;
  readonly at: string;
  readonly channel: string;
  readonly edited: boolean;
  readonly deleted: boolean;
  readonly buttons: readonly { readonly title: string; readonly pressed: boolean }[];
  readonly attachments: readonly FileEntry[];
  readonly delivery: { readonly status: string; readonly error: string | null } | null;
  readonly intent?: { readonly name: string; readonly confidence: number } | null;
  /** How it reads, by the newest reading; none for what nobody has read. */
  readonly mood?: { readonly valence: number; readonly emotion: string; readonly weak: boolean } | null;
}

export interface HappeningEntry {
  readonly kind: "happening";
  readonly id: string | number;
  readonly conversation: string;
  readonly after_seq: number;
  readonly what: string;
  readonly actor: Named | "customer" | "server";
  readonly detail: Readonly<Record<string, unknown>>;
  readonly at: string;
}

export interface HeldEntry {
  readonly kind: "held";
  readonly id: string;
  readonly text: string;
  readonly due_at: string;
  readonly agent: Named;
}

export type Entry = MessageEntry | HappeningEntry | HeldEntry;

export interface TimelinePage {
  readonly entries: readonly Entry[];
  readonly more: boolean;
}

export interface Line {
  readonly text: string;
  readonly messages: readonly string[];
  readonly at?: string | null;
}

export interface Answer {
  readonly text: string;
  readonly source: string;
  readonly title: string;
  readonly url?: string | null;
  readonly score: number;
}

export const BRIEF_PARTS = ["customer", "wish", "tried", "earlier", "promised", "mood"] as const;
export type BriefPart = (typeof BRIEF_PARTS)[number];

export type Brief = Readonly<Record<BriefPart, readonly Line[]>> & {
  readonly next: { readonly text: string; readonly messages: readonly string[] } | null;
  readonly answers: readonly Answer[];
  readonly summary: { readonly text: string; readonly generated: boolean } | null;
};

/** `missing`: variables that still stand in a text that was filled in. `own`: the same in the agent's language. */
export interface Canned {
  readonly shortcut: string;
  readonly language: string;
  readonly title: string;
  readonly text: string;
  readonly missing?: readonly string[];
  readonly own?: string;
}

export interface Colleague extends Named {
  readonly presence: Presence;
  readonly languages: readonly string[];
  readonly teams: readonly Named[];
  readonly open: number;
}

export interface Hit {
  readonly conversation: string;
  readonly customer: Named;
  readonly seq: number;
  readonly text: string;
  readonly at: string;
  readonly channel: string;
  readonly author: string | { readonly kind: string; readonly name: string };
}

export interface Viewer extends Named {
  readonly typing: boolean;
}

/** Where to look first: a value that is more frequent among those who fell. */
export interface Cause {
  readonly trait: string;
  readonly value: string;
  readonly share: number;
  readonly usual: number;
}

export interface Alert {
  readonly id: number;
  readonly kind: string;
  readonly conversation: string | null;
  readonly customer: string;
  readonly window_until: string | null;
  readonly detail: {
    readonly step?: string;
    readonly emotion?: string | null;
    readonly falls?: number;
    readonly conversations?: number;
    readonly expected?: number;
    readonly causes?: readonly Cause[];
  };
  readonly at: string;
  readonly acknowledged_by: string | null;
  readonly acknowledged_at: string | null;
}

export interface AlertPage {
  readonly alerts: readonly Alert[];
  /** How many nobody has seen. */
  readonly open: number;
  readonly next: number | null;
}

export type ServerFrame =
  | { readonly type: "hello" | "queue" | "presence" | "alerts" | "pong" }
  | { readonly type: "lists"; readonly queue: Queue }
  | { readonly type: "conversation"; readonly id: string }
  | { readonly type: "offer"; readonly item: Item; readonly until: string }
  | { readonly type: "offer_ended"; readonly handoff: string }
  | {
      readonly type: "typing";
      readonly conversation: string;
      readonly author: { readonly kind: string; readonly name: string };
      readonly on: boolean;
    }
  | { readonly type: "viewers"; readonly conversation: string; readonly agents: readonly Viewer[] }
  | { readonly type: "mention"; readonly conversation: string; readonly by: string }
  | { readonly type: "refused"; readonly reply: string }
  | { readonly type: "signed_out"; readonly reason: string }
  | { readonly type: "error"; readonly code: string; readonly message: string };

export type ClientFrame =
  | { readonly type: "watch"; readonly conversation: string | null }
  | { readonly type: "lists"; readonly on: boolean }
  | { readonly type: "typing"; readonly conversation: string; readonly on: boolean }
  | { readonly type: "ping" };

/** A person as those who manage people see them. */
export interface Member extends Agent {
  readonly invited: boolean;
  readonly second_factor: boolean;
  readonly disabled: boolean;
  readonly sessions: number;
  readonly present_at: string | null;
}

export interface Team extends Named {
  readonly intents: readonly string[];
}

export interface Setting<T> {
  readonly name: string;
  readonly version: number;
  readonly value: T;
}

export interface Token {
  readonly id: string;
  readonly agent_id: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly created_at: string;
  readonly expires_at: string | null;
  readonly used_at: string | null;
}

export interface Webhook {
  readonly id: string;
  readonly url: string;
  readonly kinds: readonly string[];
  readonly waiting: number;
  readonly dead: number;
  readonly error: string | null;
}

export interface AuditEntry {
  readonly id: number;
  readonly at: string;
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
  readonly details: Readonly<Record<string, unknown>>;
}
