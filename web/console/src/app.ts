// The console put together: one object that every part of the page gets through `useApp`.

import { createContext } from "preact";
import { useContext } from "preact/hooks";
import { Alarm } from "./alarm";
import { Alerts } from "./alerts";
import { Api, ApiError } from "./api";
import { Cell } from "./cell";
import { Clock } from "./clock";
import { Drafts } from "./drafts";
import { errorText } from "./errors";
import { Lists } from "./lists";
import { News } from "./news";
import { Offers } from "./offers";
import { Preferences } from "./prefs";
import type { Agent, Colleague, SignedIn } from "./protocol";
import { Address } from "./route";
import { Side } from "./side";
import { Sends } from "./sends";
import { type Language, isLanguage, setLanguage } from "./text";
import { Talk } from "./talk";
import { Toasts } from "./toasts";
import { TypingSender } from "./typing";

export type Dialog =
  | { readonly kind: "help" | "transfer" | "snooze" | "close" | "release" | "block" }
  | { readonly kind: "picture"; readonly id: string; readonly name: string };

/** What is searched for. */
export interface Wish {
  readonly q: string;
  readonly channel: string;
  readonly language: string;
}

const NO_WISH: Wish = { q: "", channel: "", language: "" };

export type Session = { readonly state: "loading" | "out" } | ({ readonly state: "in" } & SignedIn);

export class App {
  readonly api = new Api();
  readonly address = new Address();
  readonly clock = new Clock(() => this.api.skew);
  readonly toasts = new Toasts();
  readonly prefs = new Preferences(localStorage);
  readonly drafts = new Drafts(sessionStorage);
  readonly side = new Side(this.prefs);
  readonly alarm = new Alarm(this.prefs);
  readonly lists = new Lists(this.api);
  readonly alerts = new Alerts(this.api);
  readonly session = new Cell<Session>({ state: "loading" });
  /** Why the last session ended, to be said at the sign-in; empty when the agent ended it. */
  readonly ended = new Cell("");
  readonly talk = new Cell<Talk | null>(null);
  readonly colleagues = new Cell<readonly Colleague[]>([]);
  /** Still there when the agent comes back from a conversation. */
  readonly wish = new Cell<Wish>(NO_WISH);
  readonly dialog = new Cell<Dialog | null>(null);
  readonly language = new Cell<Language>("en");
  readonly news = new News(this);
  readonly offers = new Offers(this);
  readonly sends = new Sends(this);
  readonly typing = new TypingSender((conversation, on) => this.news.link.send({ type: "typing", conversation, on }));

  constructor() {
    this.api.onSignedOut = () => this.end("signed_out");
  }

  get me(): Agent | null {
    const session = this.session.value;
    return session.state === "in" ? session.agent : null;
  }

  get answers(): boolean {
    return this.me !== null && this.me.role !== "trainer";
  }

  get supervises(): boolean {
    return this.me?.role === "supervisor" || this.me?.role === "admin";
  }

  /** How times and numbers are written: as the browser's owner does, in the language of the page. */
  get locale(): string {
    const language = this.language.value;
    return navigator.languages.find((code) => code.split("-")[0] === language) ?? language;
  }

  async start(): Promise<void> {
    this.speak(navigator.language.slice(0, 2));
    this.clock.start();
    try {
      this.begin(await this.api.get<SignedIn>("/session"));
    } catch (error) {
      if (error instanceof ApiError && error.status !== 401) this.toasts.say(errorText(error), true);
      this.session.set({ state: "out" });
    }
  }

  begin(signedIn: SignedIn): void {
    this.api.csrf = signedIn.csrf;
    this.speak(signedIn.agent.locale);
    this.ended.set("");
    this.session.set({ ...signedIn, state: "in" });
    if (this.address.route.value.page === "invitation") this.address.replace({ page: "settings", name: "profile" });
    if (!this.answers) return;
    this.news.start();
    void this.lists.reload();
    void this.loadColleagues();
    this.loadAlerts();
  }

  /** The own account has changed, and perhaps the session with it. */
  become(signedIn: SignedIn): void {
    if (this.session.value.state !== "in") return;
    this.api.csrf = signedIn.csrf;
    this.speak(signedIn.agent.locale);
    this.session.set({ ...signedIn, state: "in" });
  }

  /** The socket says that its session is over; a new one may have taken its place (a new password does that). */
  async recheck(reason: string): Promise<void> {
    try {
      this.become(await this.api.get<SignedIn>("/session"));
      this.news.start();
    } catch {
      this.end(reason);
    }
  }

  async signOut(): Promise<void> {
    await this.api.send("DELETE", "/session").catch(() => undefined);
    this.drafts.clear();
    this.end("");
  }

  end(reason: string): void {
    if (this.session.value.state === "out") return;
    this.news.stop();
    this.show(null);
    this.lists.clear();
    this.offers.clear();
    this.alerts.clear();
    this.dialog.set(null);
    this.wish.set(NO_WISH);
    this.api.csrf = "";
    this.ended.set(reason);
    this.session.set({ state: "out" });
  }

  /** Open a conversation, at a message if `at` names one; null closes it. */
  show(conversation: string | null, at: number | null = null): void {
    const known = this.talk.value;
    if (known?.id === conversation) {
      if (known && at !== null) void known.goTo(at);
      return;
    }
    known?.close();
    this.side.leave();
    this.typing.stop();
    const talk = conversation === null ? null : new Talk(conversation, this.api);
    this.talk.set(talk);
    this.news.link.send({ type: "watch", conversation });
    void talk?.open(at);
  }

  /** Do something on the server and say how it went; then show what is new. Whether it was done. */
  async act(work: () => Promise<unknown>, done = ""): Promise<boolean> {
    try {
      await work();
      if (done) this.toasts.say(done);
      return true;
    } catch (error) {
      this.toasts.say(errorText(error), true);
      return false;
    } finally {
      void this.talk.value?.refresh();
      void this.lists.reload();
    }
  }

  async loadColleagues(): Promise<void> {
    this.colleagues.set(await this.api.get<readonly Colleague[]>("/colleagues").catch(() => this.colleagues.value));
  }

  loadAlerts(): void {
    if (this.supervises) void this.alerts.load();
  }

  speak(code: string): void {
    const language = isLanguage(code) ? code : "en";
    setLanguage(language);
    this.language.set(language);
  }
}

const Context = createContext<App | null>(null);
export const AppProvider = Context.Provider;

export function useApp(): App {
  const app = useContext(Context);
  if (!app) throw new Error("The page is drawn without its app.");
  return app;
}
