// What people who supervise are to look at: asked for at once, and again whenever the socket says so.

import { type Api, pathOf } from "./api";
import { Cell } from "./cell";
import type { AlertPage } from "./protocol";

const NOTHING: AlertPage = { alerts: [], open: 0, next: null };

export class Alerts {
  readonly page = new Cell<AlertPage>(NOTHING);
  readonly failed = new Cell<unknown>(null);

  constructor(private readonly api: Api) {}

  async load(): Promise<void> {
    try {
      this.page.set(await this.api.get<AlertPage>("/alerts"));
      this.failed.set(null);
    } catch (error) {
      this.failed.set(error);
    }
  }

  /** Show older ones too. */
  async more(): Promise<void> {
    const known = this.page.value;
    const older = await this.api.get<AlertPage>("/alerts", { before: known.next });
    this.page.set({ ...older, alerts: [...known.alerts, ...older.alerts] });
  }

  async acknowledge(id: number): Promise<void> {
    await this.api.send("POST", `/alerts${pathOf(String(id), "acknowledge")}`, {});
    await this.load();
  }

  clear(): void {
    this.page.set(NOTHING);
    this.failed.set(null);
  }
}
