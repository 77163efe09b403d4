import assert from "node:assert/strict";
import test from "node:test";
import { Api } from "../src/api";
import { Lists } from "../src/lists";
import { type Item, LISTS, type Queue } from "../src/protocol";
import { Talk } from "../src/talk";

/** The server: notes what is asked, and answers when the test says so. */
class Answers extends Api {
  readonly asked: string[] = [];
  private readonly waiting: { path: string; answer: (value: unknown) => void }[] = [];

  override get<T>(path: string): Promise<T> {
    this.asked.push(path.split("/").at(-1) ?? "");
    return new Promise((answer) => this.waiting.push({ path, answer: answer as (value: unknown) => void }));
  }

  /** Answer the oldest question of this kind, and let the page go on. */
  async answer(path: string, value: unknown): Promise<void> {
    const place = this.waiting.findIndex((one) => one.path.endsWith(path));
    assert.notEqual(place, -1, `${path} was not asked`);
    this.waiting.splice(place, 1)[0]?.answer(value);
    await new Promise((done) => setTimeout(done));
  }
}

const PAGE = { entries: [], more: false };

test("a conversation is shown before its brief is asked for, and news that come meanwhile wait for it", async () => {
  const api = new Answers();
  const talk = new Talk("c", api);
  const opened = talk.open(null);
  await talk.refresh();
  assert.deepEqual(api.asked, ["c", "timeline"]);
  await api.answer("/timeline", PAGE);
  assert.ok(talk.loaded.value);
  assert.deepEqual(api.asked.slice(2), ["brief", "canned", "timeline", "c"]);
  for (const path of ["/brief", "/canned", "/timeline"]) await api.answer(path, PAGE);
  for (const path of ["/c", "/c"]) await api.answer(path, { viewers: [] });
  await opened;
  talk.close();
});

test("the answer to the first question is shown, also if it is asked again meanwhile", async () => {
  const api = new Answers();
  const talk = new Talk("c", api);
  void talk.loadNewest();
  void talk.loadNewest();
  await api.answer("/timeline", { entries: [], more: true });
  assert.equal(talk.stretch.value.moreBefore, true);
  await api.answer("/timeline", PAGE);
  assert.equal(talk.stretch.value.moreBefore, false);
  talk.close();
});

function queue(waiting: number, from = 0): Queue {
  const item = (number: number): Item =>
    ({ conversation: `q${number}`, status: "queued", waited_s: Date.now() + number, queued_at: "2026-01-01T12:00:00Z" }) as Item;
  const items = Array.from({ length: waiting }, (_, place) => item(from + place));
  const lists = Object.fromEntries(LISTS.map((name) => [name, name === "waiting" ? items : []]));
  const counts = Object.fromEntries(LISTS.map((name) => [name, name === "waiting" ? waiting : 0]));
  return { ...lists, counts } as unknown as Queue;
}

test("lists that are sent are shown; a row in which nothing has changed but the seconds stays the same object", () => {
  const lists = new Lists(new Answers());
  lists.take(queue(3));
  assert.ok(lists.loaded.value);
  const [before] = lists.queue.value.waiting;
  const later = queue(3);
  lists.take({ ...later, waiting: later.waiting.map((item) => ({ ...item, waited_s: 99 })) });
  assert.equal(lists.queue.value.waiting[0], before);
  assert.equal(lists.answered.value, 0);
});

test("lists that are sent while others are asked for make the page ask again", async () => {
  const api = new Answers();
  const lists = new Lists(api);
  const reloaded = lists.reload();
  lists.take(queue(2));
  assert.deepEqual(api.asked, ["queue"]);
  await api.answer("/queue", queue(1));
  assert.deepEqual(api.asked, ["queue", "queue"]);
  await api.answer("/queue", queue(2));
  await reloaded;
  assert.equal(lists.queue.value.counts.waiting, 2);
  assert.equal(lists.answered.value, 2);
});
