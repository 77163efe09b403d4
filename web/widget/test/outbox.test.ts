import assert from "node:assert/strict";
import { test } from "node:test";
import { Outbox, frameOf } from "../src/outbox";
import { BrowserStore, MemoryStore, ScopedStore } from "../src/storage";

function counter(prefix: string): () => string {
  let next = 9;
  return () => `${prefix}${next--}`;
}

test("items come back in the order of writing, also after a reload and with a standing clock", () => {
  const store = new MemoryStore();
  const outbox = new Outbox(store, () => 7, counter("id"));
  for (const text of ["one", "two", "three"]) outbox.add(text, null, 0);
  const reloaded = new Outbox(store, () => 3, counter("new"));
  reloaded.add("four", null, 0);
  assert.deepEqual(reloaded.list().map(({ text }) => text), ["one", "two", "three", "four"]);
  outbox.remove("id8");
  assert.deepEqual(reloaded.list().map(({ text }) => text), ["one", "three", "four"]);
});

test("two tabs add and remove without overwriting one another", () => {
  const store = new MemoryStore();
  const left = new Outbox(store, () => 1, counter("left"));
  const right = new Outbox(store, () => 2, counter("right"));
  const first = left.add("left", null, 0);
  right.add("right", null, 0);
  left.remove(first.client_msg_id);
  assert.deepEqual(left.list().map(({ text }) => text), ["right"]);
});

test("what others wrote under our keys is left aside", () => {
  const store = new MemoryStore();
  const outbox = new Outbox(store, () => 1, counter("id"));
  for (const raw of ["", "{", "null", "5", "[]", '{"client_msg_id":1}', '{"client_msg_id":"a","text":"b"}']) {
    store.set(`outbox:${raw}`, raw);
  }
  outbox.add("good", null, 0);
  assert.deepEqual(outbox.list().map(({ text }) => text), ["good"]);
});

test("a message and a button make their frames", () => {
  const outbox = new Outbox(new MemoryStore(), () => 1, counter("id"));
  const id = "id9";
  assert.deepEqual(frameOf(outbox.add("hi", null, 0)), { type: "message", client_msg_id: id, text: "hi" });
  const pressed = frameOf(outbox.add("Yes", "b1", 0));
  assert.deepEqual(pressed, { type: "button", client_msg_id: "id8", button_id: "b1" });
});

test("a store that refuses everything keeps the values in memory", () => {
  const blocked = new BrowserStore(() => {
    throw new Error("blocked");
  });
  blocked.set("a", "1");
  assert.equal(blocked.get("a"), "1");
  assert.deepEqual(blocked.keys(), ["a"]);
  blocked.remove("a");
  assert.equal(blocked.get("a"), null);
});

test("scopes do not see one another", () => {
  const store = new MemoryStore();
  const shop = new ScopedStore(store, "shop:");
  const other = new ScopedStore(store, "other:");
  shop.set("token", "t");
  assert.equal(other.get("token"), null);
  assert.deepEqual(other.keys(), []);
  assert.deepEqual(shop.keys(), ["token"]);
});
