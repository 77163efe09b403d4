import assert from "node:assert/strict";
import { test } from "node:test";
import type { OutboxItem } from "../src/outbox";
import { type Message, parseFrame } from "../src/protocol";
import { Timeline } from "../src/timeline";
import { message } from "./fakes";

const said = (...parts: Parameters<typeof message>) => parseFrame(JSON.stringify(message(...parts))) as Message;
const item = (client_msg_id: string, text: string, after = 0): OutboxItem => {
  return { client_msg_id, text, button_id: null, at: 5, after };
};
const ack = (client_msg_id: string, id: string, seq: number) => ({ type: "ack", client_msg_id, id, seq }) as const;
const shown = (timeline: Timeline) => timeline.entries().map(({ text, state }) => `${text}|${state}`);

test("any order and any repetition of the same messages shows each once, in order", () => {
  const frames = [1, 2, 3, 4, 5, 6, 7].map((seq) => said(seq));
  let state = 42;
  const chance = (below: number) => (state = (state * 1_103_515_245 + 12_345) % 2 ** 31) % below;
  for (let round = 0; round < 200; round += 1) {
    const timeline = new Timeline();
    const sent = frames.flatMap((frame) => Array<Message>(1 + chance(3)).fill(frame));
    for (let index = sent.length - 1; index > 0; index -= 1) {
      const other = chance(index + 1);
      [sent[index], sent[other]] = [sent[other] as Message, sent[index] as Message];
    }
    for (const frame of sent) timeline.message(frame);
    assert.deepEqual(timeline.entries().map(({ seq }) => seq), [1, 2, 3, 4, 5, 6, 7]);
    assert.equal(timeline.lastSeq, 7);
    assert.equal(timeline.hasGap, false);
  }
});

test("lastSeq stops before a gap, and goes on when it is filled or skipped", () => {
  const timeline = new Timeline();
  for (const seq of [1, 2, 5, 6, 9]) timeline.message(said(seq));
  assert.equal(timeline.lastSeq, 2);
  assert.equal(timeline.hasGap, true);
  timeline.message(said(3));
  timeline.message(said(4));
  assert.equal(timeline.lastSeq, 6);
  timeline.skipGap();
  assert.equal(timeline.lastSeq, 9);
  assert.equal(timeline.hasGap, false);
  timeline.skipGap();
  assert.equal(timeline.lastSeq, 9);
});

test("a pending message becomes a sent one with the same key, ack before echo", () => {
  const timeline = new Timeline();
  timeline.pend([item("c1", "hi")]);
  assert.deepEqual(shown(timeline), ["hi|pending"]);
  assert.equal(timeline.ack(ack("c1", "m1", 1)), "new");
  assert.deepEqual(shown(timeline), ["hi|sent"]);
  assert.equal(timeline.message(said(1, "hi", "customer")), "duplicate");
  assert.deepEqual(shown(timeline), ["hi|sent"]);
  assert.equal(timeline.entries()[0]?.key, "c1");
  assert.equal(timeline.lastSeq, 1);
});

test("an echo before its ack is not shown twice, not even for a moment", () => {
  const timeline = new Timeline();
  timeline.pend([item("c1", "yes"), item("c2", "yes")]);
  timeline.message(said(1, "yes", "customer"));
  assert.deepEqual(shown(timeline), ["yes|sent", "yes|pending"]);
  assert.equal(timeline.ack(ack("c1", "m1", 1)), "duplicate");
  assert.deepEqual(shown(timeline), ["yes|sent", "yes|pending"]);
  timeline.ack(ack("c2", "m2", 2));
  assert.deepEqual(shown(timeline), ["yes|sent", "yes|sent"]);
});

test("an older message with the same text does not hide a new pending one", () => {
  const timeline = new Timeline();
  timeline.message(said(1, "yes", "customer"));
  timeline.message(said(2, "sure?"));
  timeline.pend([item("c1", "yes", 2)]);
  assert.deepEqual(shown(timeline), ["yes|sent", "sure?|sent", "yes|pending"]);
});

test("an ack of a message this page does not know leaves a gap to heal", () => {
  const timeline = new Timeline();
  timeline.ack(ack("other-tab", "m1", 1));
  timeline.message(said(2));
  assert.equal(timeline.hasGap, true);
});

test("another id at a known seq is a conflict", () => {
  const timeline = new Timeline();
  timeline.message(said(1));
  assert.equal(timeline.message(said(1, "other", "bot", "x")), "conflict");
  timeline.pend([item("c1", "hi")]);
  assert.equal(timeline.ack(ack("c1", "y", 1)), "conflict");
});

test("one id at two places is shown once", () => {
  const timeline = new Timeline();
  timeline.message(said(1, "a", "bot", "same"));
  assert.equal(timeline.message(said(2, "a", "bot", "same")), "duplicate");
  assert.equal(timeline.entries().length, 1);
});

test("reset forgets what the server said and keeps what is unsent", () => {
  const timeline = new Timeline();
  timeline.message(said(1));
  timeline.pend([item("c1", "hi")]);
  timeline.fail(item("c0", "refused"));
  timeline.reset();
  assert.deepEqual(shown(timeline), ["refused|failed", "hi|pending"]);
  assert.equal(timeline.lastSeq, 0);
  assert.equal(timeline.hasGap, false);
});
