// Whether the brief is shown: beside the conversation where there is room for it, else over it and only when wanted.

import { Cell } from "./cell";
import type { Preferences } from "./prefs";

const NARROW = "(max-width: 1100px)";

export class Side {
  readonly shown: Cell<boolean>;
  private readonly narrow = matchMedia(NARROW);
  private sheet = false;

  constructor(private readonly prefs: Preferences) {
    this.shown = new Cell(this.wanted);
    this.narrow.addEventListener("change", () => this.update());
  }

  toggle(): void {
    if (this.narrow.matches) this.sheet = !this.sheet;
    else this.prefs.change({ brief: !this.prefs.cell.value.brief });
    this.update();
  }

  /** Something else wants the room: put the sheet away. What stands beside stays. */
  leave(): void {
    this.sheet = false;
    this.update();
  }

  private get wanted(): boolean {
    return this.narrow.matches ? this.sheet : this.prefs.cell.value.brief;
  }

  private update(): void {
    this.shown.set(this.wanted);
  }
}
