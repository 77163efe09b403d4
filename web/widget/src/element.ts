// The custom element <grija-chat>: attributes and methods outside, launcher and panel inside.

import { systemClock } from "./clock";
import { readableOn } from "./color";
import type { Socket } from "./connection";
import { Conversation } from "./conversation";
import { ICONS, element, icon, setLabel, setText } from "./dom";
import { Panel, type Words } from "./panel";
import { type Identity, type Message, SUBPROTOCOL } from "./protocol";
import { BrowserStore, ScopedStore } from "./storage";
import { sheet } from "./styles";
import { type Language, TEXTS, chooseLanguage, fill, languageOf, localeOf } from "./texts";
import { Uploads } from "./uploads";

const ATTRIBUTES = ["data-lang", "data-title", "data-color"];

/** The address of the socket of the server at `origin`. */
export function socketUrl(origin: string): string {
  return new URL("/widget/ws", origin).href.replace(/^http/, "ws");
}

/** Random id of a message; crypto.randomUUID is missing on pages without https. */
function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

export class GrijaChat extends HTMLElement {
  static readonly observedAttributes = ATTRIBUTES;

  #conversation: Conversation | null = null;
  #panel: Panel | null = null;
  #uploads: Uploads | null = null;
  readonly #badge = element("span", { class: "badge", "aria-hidden": "true", hidden: true });
  readonly #launcher = element("button", { type: "button", class: "launcher", part: "launcher" });
  #leave: AbortController | null = null;
  #words: Words | null = null;
  #shownLanguage = "";
  #drawing = false;
  #storagePrefix = "";

  connectedCallback(): void {
    const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [sheet()];
    const conversation = this.#newConversation();
    this.#conversation = conversation;
    this.#uploads = new Uploads(
      new URL("/widget/upload", this.#origin).href,
      newId,
      () => conversation.proof,
      () => this.#redraw(),
    );
    this.#panel = new Panel(conversation, this.#uploads, { close: () => this.close() });
    this.#launcher.replaceChildren(icon(ICONS.chat), icon(ICONS.down), this.#badge);
    this.#launcher.setAttribute("aria-haspopup", "dialog");
    root.replaceChildren(this.#panel.root, this.#launcher);
    this.#listen();
    this.#paint();
    this.#draw();
    if (this.#conversation.isKnown) this.#conversation.start();
    if (this.dataset.open !== undefined && this.dataset.open !== "false") this.#show(false);
  }

  disconnectedCallback(): void {
    this.#leave?.abort();
    this.#conversation?.stop();
    this.#conversation = this.#panel = null;
    this.#shownLanguage = "";
  }

  attributeChangedCallback(name: string): void {
    if (!this.#panel) return;
    if (name === "data-color") this.#paint();
    this.#shownLanguage = "";
    this.#draw();
  }

  /** Whether the window is open. */
  get opened(): boolean {
    return this.#panel?.root.hidden === false;
  }

  /** Open the window and put the focus into it. */
  open(): void {
    this.#show(true);
  }

  /** Close the window and give the focus back to the launcher. */
  close(): void {
    if (!this.#panel || !this.opened) return;
    const focused = this.shadowRoot?.activeElement !== null;
    this.#panel.root.hidden = true;
    this.#updateReading();
    this.#draw();
    if (focused) this.#launcher.focus();
    this.#tell("close");
  }

  /** Send `text` as the customer. RangeError when it is empty or over 4000 characters. Returns its client_msg_id. */
  send(text: string): string {
    return this.#connected().say(text);
  }

  /** Open the window with `text` in the text area, not sent. */
  draft(text: string): void {
    this.open();
    this.#panel?.composer.draft(text);
  }

  /** Tell who the customer is, signed by the shop's server. */
  identify(identity: Identity): void {
    this.#connected().identify(identity);
  }

  #connected(): Conversation {
    if (!this.#conversation) throw new Error("<grija-chat> is not in a page");
    return this.#conversation;
  }

  #show(focus: boolean): void {
    if (!this.#panel) return;
    const fresh = !this.opened;
    this.#panel.root.hidden = false;
    this.#conversation?.start();
    this.#draw();
    this.#updateReading();
    if (focus) this.#panel.shown();
    if (fresh) this.#tell("open");
  }

  /** Where the server is. */
  get #origin(): string {
    return new URL(this.dataset.server ?? "/", document.baseURI).origin;
  }

  #newConversation(): Conversation {
    const origin = this.#origin;
    this.#storagePrefix = `grija:${origin}:${this.dataset.site ?? "default"}:`;
    return new Conversation({
      open: () => new WebSocket(socketUrl(origin), SUBPROTOCOL) as Socket,
      store: new ScopedStore(new BrowserStore(() => localStorage), this.#storagePrefix),
      clock: systemClock,
      newId,
      locale: () => localeOf(this.#pageLanguage(), navigator.languages),
      changed: () => this.#redraw(),
      welcomed: () => this.#uploads?.next(),
      received: (message) => this.#tell("message", message),
    });
  }

  #listen(): void {
    this.#leave = new AbortController();
    const { signal } = this.#leave;
    const wake = (): void => this.#conversation?.wake();
    window.addEventListener("online", wake, { signal });
    window.addEventListener("offline", () => (wake(), this.#redraw()), { signal });
    window.addEventListener("pageshow", wake, { signal });
    window.addEventListener("storage", ({ key }) => this.#onStorage(key), { signal });
    document.addEventListener("visibilitychange", () => this.#onVisibility(), { signal });
    this.#launcher.addEventListener("click", () => (this.opened ? this.close() : this.open()), { signal });
    this.shadowRoot?.addEventListener("keydown", (event) => this.#onKey(event as KeyboardEvent), { signal });
    window.visualViewport?.addEventListener("resize", () => this.#fit(), { signal });
    window.visualViewport?.addEventListener("scroll", () => this.#fit(), { signal });
    this.#fit();
  }

  #onKey(event: KeyboardEvent): void {
    if (event.key !== "Escape" || event.isComposing || !this.opened) return;
    event.stopPropagation();
    this.close();
  }

  #onStorage(key: string | null): void {
    if (key === null || key.startsWith(this.#storagePrefix)) this.#conversation?.storageChanged();
  }

  #onVisibility(): void {
    if (document.visibilityState === "visible") this.#conversation?.wake();
    this.#updateReading();
    this.#redraw();
  }

  #updateReading(): void {
    this.#conversation?.setReading(this.opened && document.visibilityState === "visible");
  }

  /** Keep the full-screen window above the phone's keyboard. */
  #fit(): void {
    const viewport = window.visualViewport;
    if (!viewport || viewport.scale !== 1) return;
    this.style.setProperty("--grija-viewport-height", `${viewport.height}px`);
    this.style.setProperty("--grija-viewport-top", `${viewport.offsetTop}px`);
  }

  #paint(): void {
    const { color } = this.dataset;
    if (!color || !CSS.supports("color", color)) {
      this.style.removeProperty("--grija-color");
      this.style.removeProperty("--grija-on-color");
      return;
    }
    this.style.setProperty("--grija-color", color);
    this.style.removeProperty("--grija-on-color");
    const readable = readableOn(getComputedStyle(this.#launcher).backgroundColor);
    if (readable) this.style.setProperty("--grija-on-color", readable);
  }

  #pageLanguage(): Language {
    return chooseLanguage([this.dataset.lang, document.documentElement.lang, ...navigator.languages]);
  }

  /** An explicit attribute wins, then what the server knows of the conversation, then the page, then the browser. */
  #uiLanguage(): Language {
    return languageOf(this.dataset.lang) ?? languageOf(this.#conversation?.language) ?? this.#pageLanguage();
  }

  /** Draw soon, once for many changes; a page in the background has no animation frames. */
  #redraw(): void {
    if (this.#drawing) return;
    this.#drawing = true;
    const draw = (): void => {
      this.#drawing = false;
      this.#draw();
    };
    if (document.visibilityState === "visible") requestAnimationFrame(draw);
    else setTimeout(draw, 100);
  }

  #draw(): void {
    const conversation = this.#conversation;
    const panel = this.#panel;
    if (!conversation || !panel) return;
    const language = this.#uiLanguage();
    if (this.#shownLanguage !== language || !this.#words) this.#speak(language, panel);
    if (this.#words) panel.update(this.#words, navigator.onLine);
    this.#drawLauncher(conversation.unread, TEXTS[language]);
  }

  #speak(language: Language, panel: Panel): void {
    this.#shownLanguage = language;
    const texts = TEXTS[language];
    const locale = localeOf(language, navigator.languages);
    this.#words = { texts, locale, title: this.dataset.title || texts.title };
    panel.root.lang = language;
    this.#launcher.lang = language;
    panel.translate(this.#words);
  }

  #drawLauncher(unread: number, texts: (typeof TEXTS)[Language]): void {
    const { opened } = this;
    this.#badge.hidden = opened || unread === 0;
    setText(this.#badge, unread > 99 ? "99+" : String(unread));
    const open = unread > 0 ? `${texts.open}, ${fill(texts.unread, { n: unread })}` : texts.open;
    setLabel(this.#launcher, opened ? texts.close : open);
    this.#launcher.setAttribute("aria-expanded", String(opened));
    this.toggleAttribute("data-opened", opened);
  }

  #tell(name: string, detail: Message | null = null): void {
    this.dispatchEvent(new CustomEvent(`grija:${name}`, { detail, bubbles: true, composed: true }));
  }
}
