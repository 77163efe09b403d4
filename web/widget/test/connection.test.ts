import assert from "node:assert/strict";
import { test } from "node:test";
import { Connection, type ConnectionState, backOff } from "../src/connection";
import type { Hello, ServerFrame } from "../src/protocol";
import { FakeClock, FakeNetwork, welcome } from "./fakes";

function connected() {
  const clock = new FakeClock();
  const network = new FakeNetwork();
  const frames: ServerFrame[] = [];
  const states: ConnectionState[] = [];
  const hello = (): Hello => ({ type: "hello", token: null, last_seq: 0 });
  const listener = { hello, frame: (frame: ServerFrame) => frames.push(frame), state: (state: ConnectionState) => states.push(state) };
  const connection = new Connection(network.open, listener, clock);
  const greet = () => {
    network.last.opens();
    network.last.says(welcome(0));
  };
  connection.start();
  return { clock, network, frames, states, connection, greet };
}

test("the waits double from half a second to thirty seconds, with jitter", () => {
  for (let tries = 0; tries < 40; tries += 1) {
    const half = Math.min(15_000, 500 * 2 ** tries);
    for (const random of [0, 0.3, 0.999]) {
      const wait = backOff(tries, random);
      assert.ok(wait >= half && wait <= 2 * half, `${tries} ${random} ${wait}`);
    }
  }
  assert.notEqual(backOff(5, 0.1), backOff(5, 0.9));
});

test("hello goes first and the connection is open only after welcome", () => {
  const { network, states, connection, greet } = connected();
  assert.equal(connection.send({ type: "ping" }), false);
  greet();
  assert.deepEqual(network.last.sent, [{ type: "hello", token: null, last_seq: 0 }]);
  assert.deepEqual(states, ["connecting", "open"]);
  assert.equal(connection.send({ type: "seen", seq: 1 }), true);
});

test("starting twice keeps one socket", () => {
  const { network, connection, greet } = connected();
  connection.start();
  greet();
  connection.start();
  assert.equal(network.sockets.length, 1);
});

test("a lost socket comes back, slower each time, and quickly again after a stable one", () => {
  const { clock, network, greet } = connected();
  const waits: number[] = [];
  for (let round = 0; round < 5; round += 1) {
    const count = network.sockets.length;
    network.last.breaks();
    let waited = 0;
    for (; network.sockets.length === count; waited += 50) clock.pass(50);
    waits.push(waited);
  }
  assert.deepEqual(waits, [750, 1500, 3000, 6000, 12000]);
  greet();
  clock.pass(15_000);
  network.last.breaks();
  clock.pass(750);
  assert.equal(network.sockets.length, 7);
});

test("a server that welcomes and hangs up at once does not make us hurry", () => {
  const { clock, network, greet } = connected();
  for (let round = 0; round < 6; round += 1) {
    greet();
    network.last.breaks();
    clock.pass(30_000);
  }
  greet();
  network.last.breaks();
  const before = network.sockets.length;
  clock.pass(10_000);
  assert.equal(network.sockets.length, before);
});

test("it pings every twenty seconds and takes silence for death", () => {
  const { clock, network, states, greet } = connected();
  greet();
  const first = network.last;
  for (let round = 0; round < 5; round += 1) {
    clock.pass(20_000);
    first.says({ type: "pong" });
  }
  assert.equal(first.ofType("ping").length, 5);
  assert.equal(states.at(-1), "open");
  clock.pass(20_000 + 10_000);
  assert.equal(states.at(-1), "waiting");
  assert.equal(first.readyState, 3);
});

test("any frame counts as a sign of life", () => {
  const { clock, network, states, greet } = connected();
  greet();
  clock.pass(25_000);
  network.last.says({ type: "typing", author: { kind: "bot", name: "" }, on: true });
  clock.pass(9_000);
  assert.equal(states.at(-1), "open");
});

test("no welcome in time is a lost connection", () => {
  const { clock, network, states } = connected();
  network.last.opens();
  clock.pass(15_000);
  assert.equal(states.at(-1), "waiting");
});

test("waking up connects at once, or probes an open socket with little patience", () => {
  const { clock, network, connection, states, greet } = connected();
  network.last.breaks();
  connection.wake();
  assert.equal(network.sockets.length, 2);
  greet();
  connection.wake();
  assert.equal(network.last.ofType("ping").length, 1);
  clock.pass(3_000);
  assert.equal(states.at(-1), "waiting");
});

test("a socket that was given up is not listened to any more", () => {
  const { clock, network, connection, frames, greet } = connected();
  greet();
  const old = network.last;
  connection.restart();
  clock.pass(1_000);
  old.says(welcome(9));
  old.onclose?.();
  assert.equal(network.sockets.length, 2);
  assert.equal(frames.length, 1);
});

test("stop ends it for good, and frames that make no sense do not", () => {
  const { clock, network, connection, states, greet } = connected();
  greet();
  network.last.onmessage?.({ data: "{{{" });
  network.last.onmessage?.({ data: new ArrayBuffer(3) });
  assert.equal(states.at(-1), "open");
  connection.stop();
  clock.pass(120_000);
  assert.equal(network.sockets.length, 1);
  assert.equal(states.at(-1), "idle");
});

test("a browser that refuses the socket is tried again like any failure", () => {
  const clock = new FakeClock();
  let tries = 0;
  const open = () => {
    tries += 1;
    throw new Error("refused");
  };
  const hello = (): Hello => ({ type: "hello", token: null, last_seq: 0 });
  new Connection(open, { hello, frame: () => undefined, state: () => undefined }, clock).start();
  clock.pass(2_000);
  assert.ok(tries >= 2 && tries <= 4, String(tries));
});
