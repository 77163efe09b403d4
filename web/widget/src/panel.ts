// The window of the chat: header, messages, notices, composer.

import { Composer } from "./composer";
import type { Conversation } from "./conversation";
import { ICONS, element, icon, setName, setText } from "./dom";
import { Log, nameOf } from "./log";
import type { Button, ErrorFrame } from "./protocol";
import { type Texts, fill, waitRange } from "./texts";
import { Tray } from "./tray";
import type { Uploads } from "./uploads";

export interface PanelListener {
  readonly close: () => void;
}

export interface Words {
  readonly texts: Texts;
  readonly locale: string;
  readonly title: string;
}

/** The line under the title: who answers, or what is wrong with the connection. */
export function statusLine(conversation: Conversation, texts: Texts, online: boolean): string {
  const { connectionState, status, queue, lastAgent } = conversation;
  if (connectionState !== "open") {
    if (!online) return texts.offline;
    const first = connectionState === "connecting" && !conversation.welcomed;
    return first ? texts.connecting : connectionState === "idle" ? texts.statusBot : texts.reconnecting;
  }
  if (status === "bot") return texts.statusBot;
  if (status === "closed") return texts.statusClosed;
  if (status === "human") {
    return lastAgent?.name ? fill(texts.statusHuman, { name: lastAgent.name }) : texts.statusPerson;
  }
  if (!queue) return texts.statusQueued;
  const range = waitRange(texts, queue.wait_low_s, queue.wait_high_s);
  const place = fill(texts.place, { n: queue.position });
  const wait = queue.wait_high_s < 60 ? range : fill(texts.wait, { range });
  return [texts.statusQueued, place, wait].join(" · ");
}

function errorText({ code, message }: ErrorFrame, texts: Texts): string {
  return (Object.hasOwn(texts.errors, code) && texts.errors[code]) || message || code;
}

export class Panel {
  readonly root: HTMLElement;
  readonly composer: Composer;
  readonly #log: Log;
  readonly #tray: Tray;
  readonly #title = element("h2", { id: "title", dir: "auto" });
  readonly #status = element("p", { class: "status", role: "status", dir: "auto" });
  readonly #shut = element("button", { type: "button", class: "shut" }, icon(ICONS.close));
  readonly #typing = element("div", { class: "typing", hidden: true });
  readonly #typist = element("span");
  readonly #notice = element("p", { class: "notice", role: "status" });
  readonly #error = element("p", { class: "error", role: "alert" });

  constructor(
    private readonly conversation: Conversation,
    uploads: Uploads,
    private readonly listener: PanelListener,
  ) {
    this.#log = new Log((button, event) => this.#onPress(button, event));
    this.#tray = new Tray(uploads);
    const attach = (files: Iterable<File>): void => {
      conversation.start();
      uploads.add(files);
    };
    this.composer = new Composer({
      attach,
      send: (text) => conversation.say(text),
      writing: (hasText) => conversation.writing(hasText),
    });
    const dots = element("span", { class: "dots", "aria-hidden": "true" }, element("i"), element("i"), element("i"));
    this.#typing.append(dots, this.#typist);
    this.root = element(
      "section",
      { class: "panel", role: "dialog", "aria-labelledby": "title", hidden: true },
      element("header", {}, element("div", { class: "names" }, this.#title, this.#status), this.#shut),
      this.#log.root,
      this.#typing,
      this.#error,
      this.#notice,
      this.#tray.root,
      this.composer.root,
    );
    this.#acceptDrops(attach);
    this.#shut.addEventListener("click", () => this.listener.close());
  }

  translate({ texts, title }: Words): void {
    this.#log.clear();
    setText(this.#title, title);
    setName(this.#shut, texts.close);
    this.composer.translate(texts);
  }

  update({ texts, locale }: Words, online: boolean): void {
    const { conversation } = this;
    const { connectionState, error, typist } = conversation;
    setText(this.#status, statusLine(conversation, texts, online));
    setText(this.#notice, conversation.cutOff ? texts.willSend : "");
    setText(this.#error, error ? errorText(error, texts) : "");
    this.#typing.hidden = !typist;
    setText(this.#typist, typist ? fill(texts.isTyping, { name: nameOf(typist, texts) }) : "");
    this.#tray.update(texts);
    const connected = connectionState === "open";
    this.#log.update(conversation.entries, conversation.replaying, { texts, locale, connected });
    this.root.dataset.state = connectionState;
    this.root.dataset.status = conversation.status;
  }

  /** Files may be dropped anywhere on the window. */
  #acceptDrops(attach: (files: Iterable<File>) => void): void {
    const over = (event: DragEvent): void => {
      const dragged = event.dataTransfer?.types.includes("Files") ?? false;
      if (dragged) event.preventDefault();
      this.root.toggleAttribute("data-drop", dragged && event.type === "dragover");
    };
    for (const name of ["dragover", "dragleave"] as const) this.root.addEventListener(name, over);
    this.root.addEventListener("drop", (event) => {
      over(event);
      attach(event.dataTransfer?.files ?? []);
    });
  }

  /** The window has just become visible. */
  shown(): void {
    this.#log.toBottom();
    this.composer.area.focus();
  }

  /** The pressed button goes dead; who uses a keyboard or mouse goes on in the text area. */
  #onPress(button: Button, event: MouseEvent): void {
    this.conversation.press(button.id, button.title);
    const keyboard = event.detail === 0;
    if (keyboard || matchMedia("(pointer: fine)").matches) this.composer.area.focus();
  }
}
