// The files that are on their way or were refused, above the text area.

import { ICONS, element, icon, setLabel, setName, setText } from "./dom";
import { type Texts, fill } from "./texts";
import type { Refusal, Upload, Uploads } from "./uploads";

/** With these codes the same file would be refused again. */
const FINAL = /^file_/;

function refusalText({ megabytes, types }: Refusal, texts: Texts): string {
  const why = [
    megabytes && fill(texts.tooLarge, { n: megabytes }),
    types && fill(texts.wrongType, { types: types.join(", ").toUpperCase() }),
  ];
  return [texts.failed, ...why.filter(Boolean)].join(": ");
}

export class Tray {
  readonly root = element("div", { class: "tray notice" });
  readonly #rows = new Map<string, Row>();

  constructor(private readonly uploads: Uploads) {}

  update(texts: Texts): void {
    const { list } = this.uploads;
    for (const [id, row] of this.#rows) {
      if (list.some((one) => one.id === id)) continue;
      row.root.remove();
      this.#rows.delete(id);
    }
    for (const upload of list) {
      const row = this.#rows.get(upload.id) ?? new Row(this.uploads, upload);
      if (!this.#rows.has(upload.id)) this.root.append(row.root);
      this.#rows.set(upload.id, row);
      row.update(texts);
    }
  }
}

class Row {
  readonly root: HTMLElement;
  readonly #bar = element("progress", { max: "1" });
  readonly #why = element("p", { class: "error", role: "alert" });
  readonly #again = element("button", { type: "button" });
  readonly #away = element("button", { type: "button" }, icon(ICONS.close));

  constructor(
    uploads: Uploads,
    private readonly upload: Upload,
  ) {
    const name = element("bdi", {}, upload.file.name);
    this.root = element("div", { class: "upload" }, name, this.#away, this.#bar, this.#why, this.#again);
    this.#again.addEventListener("click", () => uploads.retry(upload));
    this.#away.addEventListener("click", () => uploads.remove(upload));
  }

  update(texts: Texts): void {
    const { refusal, progress, file } = this.upload;
    this.#bar.hidden = refusal !== null;
    this.#bar.value = progress;
    setLabel(this.#bar, file.name);
    setName(this.#away, `${texts.remove}: ${file.name}`);
    setText(this.#why, refusal ? refusalText(refusal, texts) : "");
    this.#again.hidden = !refusal || FINAL.test(refusal.code);
    setText(this.#again, texts.send);
  }
}
