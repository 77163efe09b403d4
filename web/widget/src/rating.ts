// The question after a closed conversation: one to five, and a comment if wanted.

import { element, setLabel, setText } from "./dom";
import type { Texts } from "./texts";

const VALUES = [1, 2, 3, 4, 5];

export class Rating {
  readonly root: HTMLFormElement;
  readonly #question = element("legend");
  readonly #worst = element("span");
  readonly #best = element("span");
  readonly #comment = element("textarea", { rows: "2", maxlength: "1000", dir: "auto", hidden: true });
  readonly #button = element("button", { type: "submit", class: "wide", hidden: true });
  readonly #thanks = element("p", { class: "thanks", role: "status" });
  readonly #fields: HTMLFieldSetElement;

  /** `onRate` says whether the rating could be sent. */
  constructor(private readonly onRate: (value: number, comment: string) => boolean) {
    const stars = VALUES.map((value) => this.#choice(value));
    const scale = element("div", { class: "scale" }, this.#worst, element("div", { class: "values" }, ...stars), this.#best);
    this.#fields = element("fieldset", {}, this.#question, scale, this.#comment, this.#button);
    this.root = element("form", { class: "rating", hidden: true }, this.#thanks);
    this.root.addEventListener("change", () => this.#chosen());
    this.root.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
  }

  translate(texts: Texts): void {
    setText(this.#question, texts.rate);
    setText(this.#worst, texts.worst);
    setText(this.#best, texts.best);
    setText(this.#button, texts.sendRating);
    this.#comment.placeholder = texts.comment;
    setLabel(this.#comment, texts.comment);
    if (this.#thanks.textContent) setText(this.#thanks, texts.thanks);
    this.#thanks.dataset.text = texts.thanks;
  }

  /** Ask, or not; after an answer the thanks stay until the conversation goes on. */
  update(ask: boolean, closed: boolean): void {
    if (ask && !this.#fields.isConnected) this.#again();
    this.root.hidden = !ask && !(closed && this.#thanks.textContent);
  }

  #again(): void {
    setText(this.#thanks, "");
    this.root.prepend(this.#fields);
    this.root.reset();
    this.#chosen();
  }

  /** The comment and the button come with the first choice: most customers only press a number. */
  #chosen(): void {
    this.#comment.hidden = this.#button.hidden = this.#value === null;
  }

  #choice(value: number): HTMLElement {
    const radio = element("input", { type: "radio", name: "value", value: String(value) });
    return element("label", {}, radio, element("span", {}, String(value)));
  }

  get #value(): number | null {
    const chosen = this.root.querySelector<HTMLInputElement>("input:checked");
    return chosen ? Number(chosen.value) : null;
  }

  #submit(): void {
    if (this.#value === null) return;
    if (!this.onRate(this.#value, this.#comment.value)) return;
    setText(this.#thanks, this.#thanks.dataset.text ?? "");
    this.#fields.remove();
  }
}
