// The text area and the send button.

import { ICONS, element, icon, setLabel, setName, setText } from "./dom";
import { MAX_TEXT } from "./protocol";
import { type Texts, fill } from "./texts";

const COUNT_FROM = 200;
const TALLEST = 140;

export interface ComposerListener {
  readonly send: (text: string) => void;
  readonly writing: (hasText: boolean) => void;
  readonly attach: (files: Iterable<File>) => void;
}

export class Composer {
  readonly root: HTMLFormElement;
  readonly area = element("textarea", { rows: "1", enterkeyhint: "send", dir: "auto" });
  readonly #button = element("button", { type: "submit", class: "send" }, icon(ICONS.send));
  readonly #clip = element("button", { type: "button", class: "clip" }, icon(ICONS.clip));
  readonly #picker = element("input", { type: "file", multiple: true, hidden: true });
  readonly #count = element("div", { class: "count", role: "status" });
  #texts: Texts | null = null;

  constructor(private readonly listener: ComposerListener) {
    this.root = element("form", { class: "composer" }, this.#count, this.area, this.#picker, this.#clip, this.#button);
    this.#clip.addEventListener("click", () => this.#picker.click());
    this.#picker.addEventListener("change", () => {
      this.listener.attach(this.#picker.files ?? []);
      this.#picker.value = "";
    });
    this.root.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.area.addEventListener("input", () => this.#changed());
    this.area.addEventListener("keydown", (event) => this.#onKey(event));
  }

  translate(texts: Texts): void {
    this.#texts = texts;
    this.area.placeholder = texts.write;
    setLabel(this.area, texts.write);
    setName(this.#button, texts.send);
    setName(this.#clip, texts.attach);
    this.#refresh();
  }

  /** Put `text` where the customer writes, ready to be changed or sent. */
  draft(text: string): void {
    this.area.value = text;
    this.area.setSelectionRange(text.length, text.length);
    this.#changed();
  }

  /** Enter sends, unless it ends the writing of a composed letter; with Shift it makes a new line. */
  #onKey(event: KeyboardEvent): void {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    this.#submit();
  }

  #submit(): void {
    const text = this.area.value.trim();
    if (text === "" || text.length > MAX_TEXT) return;
    this.listener.send(text);
    this.draft("");
  }

  #changed(): void {
    this.#refresh();
    this.listener.writing(this.area.value.trim() !== "");
  }

  #refresh(): void {
    const left = MAX_TEXT - this.area.value.trim().length;
    this.#button.disabled = left < 0 || left === MAX_TEXT;
    this.area.setAttribute("aria-invalid", String(left < 0));
    this.#count.className = left < 0 ? "count over" : "count";
    setText(this.#count, this.#counted(left));
    this.area.style.height = "auto";
    const { scrollHeight } = this.area;
    if (scrollHeight > 0) this.area.style.height = `${Math.min(TALLEST, scrollHeight)}px`;
  }

  #counted(left: number): string {
    if (!this.#texts || left > COUNT_FROM) return "";
    return fill(left < 0 ? this.#texts.tooLong : this.#texts.left, { n: Math.abs(left) });
  }
}
