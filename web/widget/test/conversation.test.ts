import assert from "node:assert/strict";
import { test } from "node:test";
import { Conversation } from "../src/conversation";
import { MemoryStore } from "../src/storage";
import { FakeClock, FakeNetwork, message, welcome } from "./fakes";

/** A page with a conversation; `reload` makes the next page over the same storage. */
function page(store = new MemoryStore(), clock = new FakeClock(), name = "c") {
  const network = new FakeNetwork();
  const received: string[] = [];
  let ids = 0;
  const conversation = new Conversation({
    open: network.open,
    store,
    clock,
    newId: () => `${name}${++ids}`,
    locale: () => "pl-PL",
    changed: () => undefined,
    welcomed: () => undefined,
    received: ({ text }) => received.push(text),
  });
  const greet = (seq = 0, token = "t1", status = "bot") => {
    network.last.opens();
    network.last.says(welcome(seq, token, status));
  };
  const texts = () => conversation.entries.map(({ text, state }) => `${text}|${state}`);
  return { conversation, network, clock, store, received, greet, texts, reload: (as: string) => page(store, clock, as) };
}

const ack = (client_msg_id: string, seq: number) => ({ type: "ack", client_msg_id, id: `m${seq}`, seq });
const error = (code: string, more = {}) => ({ type: "error", code, message: "in English", ...more });

function started(...parts: Parameters<ReturnType<typeof page>["greet"]>) {
  const made = page();
  made.conversation.start();
  made.greet(...parts);
  return made;
}

test("the first hello has no token; the token is kept for the next page", () => {
  const first = started(0, "secret");
  assert.deepEqual(first.network.last.sent[0], { type: "hello", token: null, last_seq: 0, locale: "pl-PL" });
  const second = first.reload("d");
  assert.equal(second.conversation.isKnown, true);
  second.conversation.start();
  second.network.last.opens();
  assert.equal(second.network.last.sent[0]?.token, "secret");
});

test("messages go one after the other, each after the ack of the one before", () => {
  const { conversation, network, texts } = started();
  for (const text of ["one", "two", "three"]) conversation.say(text);
  assert.deepEqual(network.last.ofType("message").map(({ text }) => text), ["one"]);
  network.last.says(ack("c1", 1));
  network.last.says(ack("c2", 2));
  assert.deepEqual(network.last.ofType("message").map(({ text }) => text), ["one", "two", "three"]);
  assert.deepEqual(texts(), ["one|sent", "two|sent", "three|pending"]);
});

test("what is written offline survives a reload and is sent in order after welcome", () => {
  const first = page();
  first.conversation.say("one");
  first.network.last.breaks();
  first.conversation.press("b7", "two");
  const second = first.reload("d");
  assert.deepEqual(second.texts(), ["one|pending", "two|pending"]);
  second.conversation.start();
  second.greet();
  second.network.last.says(ack("c1", 1));
  second.network.last.says(ack("c2", 2));
  assert.deepEqual(second.network.last.sent.slice(1), [
    { type: "message", client_msg_id: "c1", text: "one" },
    { type: "button", client_msg_id: "c2", button_id: "b7" },
  ]);
  assert.equal(second.reload("e").conversation.entries.length, 0);
});

test("a message without an ack is sent again with the same id, on the same and on the next socket", () => {
  const { conversation, network, clock, greet } = started();
  conversation.say("hi");
  clock.pass(15_000);
  network.last.says({ type: "pong" });
  assert.deepEqual(network.last.ofType("message").map(({ client_msg_id }) => client_msg_id), ["c1", "c1"]);
  network.last.breaks();
  clock.pass(1_000);
  greet();
  assert.deepEqual(network.last.ofType("message").map(({ client_msg_id }) => client_msg_id), ["c1"]);
});

test("empty and over-long texts are refused before they are queued", () => {
  const { conversation } = started();
  assert.throws(() => conversation.say(" \n "), RangeError);
  assert.throws(() => conversation.say("x".repeat(4001)), RangeError);
  conversation.say("x".repeat(4000));
  assert.equal(conversation.entries.length, 1);
});

test("a gap is given half a second, then hello is said again with the last seq without a gap", () => {
  const { network, clock, greet, texts } = started(2);
  for (const seq of [1, 2, 5]) network.last.says(message(seq));
  clock.pass(499);
  assert.equal(network.sockets.length, 1);
  clock.pass(2_000);
  assert.equal(network.sockets.length, 2);
  greet(5);
  assert.equal(network.last.sent[0]?.last_seq, 2);
  for (const seq of [3, 4, 5]) network.last.says(message(seq));
  assert.deepEqual(texts(), [1, 2, 3, 4, 5].map((seq) => `text ${seq}|sent`));
  clock.pass(10_000);
  assert.equal(network.sockets.length, 2);
});

test("a late frame fills a gap without a new connection", () => {
  const { network, clock } = started();
  for (const seq of [2, 3, 1]) network.last.says(message(seq));
  clock.pass(5_000);
  assert.equal(network.sockets.length, 1);
});

test("a gap that the server cannot fill is asked for once and then passed", () => {
  const { network, clock, greet, conversation } = started(0);
  conversation.setReading(true);
  network.last.says(message(3));
  clock.pass(2_000);
  greet(3);
  network.last.says(message(3));
  clock.pass(2_000);
  network.last.says({ type: "pong" });
  assert.equal(network.sockets.length, 2);
  network.last.says(message(4));
  assert.deepEqual(network.last.ofType("seen").at(-1), { type: "seen", seq: 4 });
});

test("another token starts a new history; what is unsent goes to the new visitor", () => {
  const { conversation, network, clock, greet, texts, store } = started(2, "old");
  for (const seq of [1, 2]) network.last.says(message(seq));
  network.last.breaks();
  conversation.say("still here?");
  clock.pass(1_000);
  greet(0, "new");
  assert.equal(store.get("token"), "new");
  assert.deepEqual(texts(), ["still here?|pending"]);
  clock.pass(5_000);
  network.last.opens();
  assert.deepEqual(network.last.sent[0], { type: "hello", token: "new", last_seq: 0, locale: "pl-PL" });
  network.last.says(welcome(0, "new"));
  assert.equal(network.last.ofType("message")[0]?.text, "still here?");
});

test("a server with a shorter history than ours is believed", () => {
  const { network, clock, greet, texts } = started(3);
  for (const seq of [1, 2, 3]) network.last.says(message(seq));
  network.last.breaks();
  clock.pass(1_000);
  greet(1);
  clock.pass(5_000);
  network.last.opens();
  assert.equal(network.last.sent[0]?.last_seq, 0);
  network.last.says(welcome(1));
  network.last.says(message(1, "fresh", "bot", "n1"));
  assert.deepEqual(texts(), ["fresh|sent"]);
});

test("a token that another tab stored is taken over, with its history from the start", () => {
  const { conversation, network, clock, store } = started(1, "mine");
  network.last.says(message(1));
  store.set("token", "theirs");
  conversation.storageChanged();
  clock.pass(1_000);
  network.last.opens();
  assert.equal(network.last.sent[0]?.token, "theirs");
  assert.equal(network.last.sent[0]?.last_seq, 0);
});

test("seen is told only while reading, once for each seq, and again to the next socket", () => {
  const { conversation, network, clock, greet } = started(2);
  for (const seq of [1, 2]) network.last.says(message(seq));
  assert.equal(conversation.unread, 2);
  assert.equal(network.last.ofType("seen").length, 0);
  conversation.setReading(true);
  conversation.setReading(true);
  assert.equal(conversation.unread, 0);
  assert.deepEqual(network.last.ofType("seen"), [{ type: "seen", seq: 2 }]);
  network.last.breaks();
  clock.pass(1_000);
  greet(2);
  assert.deepEqual(network.last.ofType("seen"), [{ type: "seen", seq: 2 }]);
  conversation.setReading(false);
  network.last.says(message(3));
  assert.equal(conversation.unread, 1);
});

test("unread survives a reload, and replayed messages are not announced as new", () => {
  const first = started(2);
  for (const seq of [1, 2]) first.network.last.says(message(seq));
  first.conversation.setReading(true);
  first.network.last.says(message(3));
  const second = first.reload("d");
  second.conversation.start();
  second.greet(4);
  for (const seq of [1, 2, 3, 4]) second.network.last.says(message(seq));
  assert.equal(second.conversation.unread, 1);
  assert.deepEqual(second.received, []);
  second.network.last.says(message(5, "fresh"));
  assert.deepEqual(second.received, ["fresh"]);
});

test("typing is told at most every three seconds, and taken back when idle or emptied", () => {
  const { conversation, network, clock } = started();
  const told = () => network.last.ofType("typing").map(({ on }) => on);
  for (let letter = 0; letter < 10; letter += 1) {
    conversation.writing(true);
    clock.pass(500);
  }
  assert.deepEqual(told(), [true, true]);
  clock.pass(5_000);
  assert.deepEqual(told(), [true, true, false]);
  conversation.writing(true);
  conversation.writing(false);
  conversation.writing(false);
  assert.deepEqual(told(), [true, true, false, true, false]);
});

test("somebody typing is shown until a message, an end, or half a minute", () => {
  const { conversation, network, clock } = started();
  const typing = (on: boolean, kind = "agent") => ({ type: "typing", author: { kind, name: "Ana" }, on });
  const typist = () => conversation.typist;
  network.last.says(typing(true, "customer"));
  assert.equal(typist(), null);
  network.last.says(typing(true));
  assert.equal(typist()?.name, "Ana");
  network.last.says(message(1));
  assert.equal(typist(), null);
  network.last.says(typing(true));
  network.last.says(typing(false));
  assert.equal(typist(), null);
  network.last.says(typing(true));
  for (let round = 0; round < 4; round += 1) {
    clock.pass(9_000);
    network.last.says({ type: "pong" });
  }
  assert.equal(typist(), null);
});

test("a message refused for good is shown as failed and the next one goes on", () => {
  const { conversation, network, texts, reload } = started();
  conversation.say("bad");
  conversation.say("good");
  network.last.says(error("text_too_long"));
  assert.deepEqual(texts(), ["bad|failed", "good|pending"]);
  assert.equal(conversation.error?.code, "text_too_long");
  assert.equal(network.last.ofType("message").at(-1)?.text, "good");
  network.last.says(ack("c2", 1));
  assert.equal(conversation.error, null);
  assert.deepEqual(reload("d").texts(), []);
});

test("a passing refusal keeps the message and tries again when the server says", () => {
  const { conversation, network, clock, texts } = started();
  conversation.say("hi");
  network.last.says(error("rate_limited", { retry_after: "12" }));
  clock.pass(11_000);
  assert.equal(network.last.ofType("message").length, 1);
  clock.pass(1_000);
  assert.equal(network.last.ofType("message").length, 2);
  assert.deepEqual(texts(), ["hi|pending"]);
});

test("an error that names another message does not touch the one on its way", () => {
  const { conversation, network, texts } = started();
  conversation.say("hi");
  network.last.says(error("text_too_long", { client_msg_id: "unknown" }));
  assert.deepEqual(texts(), ["hi|pending"]);
});

test("a wrong identity is dropped and the customer goes on without it", () => {
  const { conversation, network, clock } = started();
  conversation.identify({ user_id: "u", exp: 1, hmac: "x" });
  clock.pass(1_000);
  network.last.opens();
  assert.deepEqual(network.last.sent[0]?.identity, { user_id: "u", exp: 1, hmac: "x" });
  network.last.says(error("identity_invalid"));
  clock.pass(5_000);
  network.last.opens();
  assert.equal("identity" in (network.last.sent[0] ?? {}), false);
});

test("two tabs with one storage send the same message with the same id and show it once", () => {
  const left = started();
  const right = left.reload("d");
  right.conversation.start();
  right.greet();
  left.conversation.say("hi");
  right.conversation.storageChanged();
  assert.deepEqual(right.texts(), ["hi|pending"]);
  left.network.last.says(ack("c1", 1));
  right.conversation.storageChanged();
  right.network.last.says(message(1, "hi", "customer"));
  assert.deepEqual(right.texts(), ["hi|sent"]);
  assert.deepEqual(left.texts(), ["hi|sent"]);
});

test("a hiccup is not worth a notice, a longer absence or an unsent message is", () => {
  const { conversation, network, clock, greet } = started();
  network.last.breaks();
  assert.equal(conversation.cutOff, false);
  conversation.say("hi");
  assert.equal(conversation.cutOff, true);
  clock.pass(1_000);
  greet();
  assert.equal(conversation.cutOff, false);
  network.last.says(ack("c1", 1));
  for (let round = 0; round < 2; round += 1) {
    network.last.breaks();
    clock.pass(3_000);
  }
  assert.equal(conversation.cutOff, true);
});
