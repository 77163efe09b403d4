import assert from "node:assert/strict";
import { test } from "node:test";
import { parseFrame } from "../src/protocol";
import { message, welcome } from "./fakes";

const parse = (value: unknown) => parseFrame(JSON.stringify(value));

test("every frame of the protocol is read", () => {
  assert.deepEqual(parse(welcome(3)), { type: "welcome", token: "t1", seq: 3, status: "bot", language: "en" });
  assert.deepEqual(parse({ type: "ack", client_msg_id: "c", id: "m", seq: 1 }), {
    type: "ack",
    client_msg_id: "c",
    id: "m",
    seq: 1,
  });
  assert.equal(parse(message(1))?.type, "message");
  const queue = { position: 2, wait_low_s: 60, wait_high_s: 90.5 };
  assert.deepEqual(parse({ type: "status", status: "queued", queue }), { type: "status", status: "queued", queue });
  assert.deepEqual(parse({ type: "status", status: "human" }), { type: "status", status: "human", queue: null });
  const author = { kind: "agent", name: "Ana" };
  assert.deepEqual(parse({ type: "typing", author, on: true }), { type: "typing", author, on: true });
  assert.deepEqual(parse({ type: "pong" }), { type: "pong" });
});

test("an error may name its message and say when to try again", () => {
  const plain = { type: "error", code: "rate_limited", message: "slow down", client_msg_id: null, retry_after: null };
  assert.deepEqual(parse({ type: "error", code: "rate_limited", message: "slow down" }), plain);
  const full = parse({ type: "error", code: "x", client_msg_id: "c", retry_after: "7" });
  assert.deepEqual(full, { type: "error", code: "x", message: "", client_msg_id: "c", retry_after: 7 });
});

test("bad frames are left aside and never throw", () => {
  const bad: unknown[] = [
    undefined,
    null,
    5,
    new ArrayBuffer(2),
    "",
    "{",
    "null",
    "[]",
    '"text"',
    "{}",
    '{"type":5}',
    '{"type":"constructor"}',
    '{"type":"__proto__"}',
    '{"type":"toString"}',
    JSON.stringify({ ...message(1), seq: 0 }),
    JSON.stringify({ ...message(1), seq: 1.5 }),
    JSON.stringify({ ...message(1), seq: "1" }),
    JSON.stringify({ ...message(1), seq: 1e300 }),
    JSON.stringify({ ...message(1), id: "" }),
    JSON.stringify({ ...message(1), text: null }),
    JSON.stringify({ ...message(1), author: { kind: "root", name: "x" } }),
    JSON.stringify({ ...message(1), author: null }),
    JSON.stringify({ ...welcome(0), status: "dancing" }),
    JSON.stringify({ ...welcome(0), token: "" }),
    JSON.stringify({ ...welcome(0), seq: -1 }),
    JSON.stringify({ type: "ack", client_msg_id: "c", id: "m" }),
    JSON.stringify({ type: "typing", author: { kind: "bot" }, on: "yes" }),
    JSON.stringify({ type: "error", message: "no code" }),
    "[".repeat(100_000),
  ];
  for (const raw of bad) assert.equal(parseFrame(raw), null, String(raw).slice(0, 80));
});

test("odd parts of a good frame are dropped, not the frame", () => {
  const buttons = [{ id: "a", title: "Yes" }, { id: "", title: "No id" }, { id: 3, title: "x" }, null, "b"];
  const frame = parse({ ...message(1), buttons, sent_at: 12, author: { kind: "bot" }, more: true });
  assert.ok(frame?.type === "message");
  assert.deepEqual(frame.buttons, [{ id: "a", title: "Yes" }]);
  assert.deepEqual(frame.author, { kind: "bot", name: "" });
  assert.equal(frame.sent_at, "");
  const status = parse({ type: "status", status: "queued", queue: { position: "first" } });
  assert.deepEqual(status, { type: "status", status: "queued", queue: null });
});
