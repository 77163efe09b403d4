import assert from "node:assert/strict";
import test from "node:test";
import { abilitiesOf } from "../src/abilities";
import { initials } from "../src/avatar";
import { commandOf } from "../src/keys";
import { piecesOf } from "../src/marked";
import { chosen, pickerOf } from "../src/picker";
import type { Head } from "../src/protocol";
import { HOME, hashOf, routeOf } from "../src/route";
import { timesFrom } from "../src/snooze";
import { backOff, frameOf } from "../src/socket";
import { span } from "../src/times";
import { sideOf, signed } from "../src/valence";

test("routes survive the address, and nonsense leads home", () => {
  const routes = [
    { page: "desk", list: "mine", conversation: "a/b?c", at: 12 },
    { page: "desk", list: "search", conversation: null, at: null },
    { page: "settings", name: "hours" },
    { page: "invitation", token: "x%y" },
  ] as const;
  for (const route of routes) assert.deepEqual(routeOf(hashOf(route)), route);
  for (const hash of ["", "#", "#/desk/nowhere", "#/%E0%A4%A", "#/x"]) assert.deepEqual(routeOf(hash), HOME);
  assert.deepEqual(routeOf("#/settings"), { page: "settings", name: "profile" });
});

test("keys are commands outside of fields, with Alt also inside, by place on other keyboards", () => {
  const press = (key: string, code = "", altKey = false) => ({ key, code, altKey, ctrlKey: false, metaKey: false });
  assert.equal(commandOf(press("j", "KeyJ"), false, true), "next");
  assert.equal(commandOf(press("ξ", "KeyJ"), false, true), "next");
  assert.equal(commandOf(press("й", "KeyJ"), true, true), null);
  assert.equal(commandOf(press("j", "KeyJ"), false, false), null);
  assert.equal(commandOf(press("∆", "KeyJ", true), true, false), "next");
  assert.equal(commandOf(press("?", "Slash"), false, true), "help");
  assert.equal(commandOf({ ...press("t", "KeyT"), ctrlKey: true }, false, true), null);
});

test("the words that were searched for are found without marks and case; the text stays whole", () => {
  const text = "Ποῦ εἶναι ἡ παραγγελία μου; ŻÓŁTA lampa";
  const pieces = piecesOf(text, "παραγγελια żołta");
  assert.equal(pieces.map((piece) => piece.text).join(""), text);
  assert.deepEqual(pieces.filter(({ hit }) => hit).map((piece) => piece.text), ["παραγγελία", "ŻÓŁTA"]);
  assert.equal(piecesOf(text, "zolta").filter(({ hit }) => hit).length, 1);
  assert.equal(piecesOf(text, "olx a").filter(({ hit }) => hit).length, 0);
  assert.deepEqual(piecesOf("żółw", "żół").filter(({ hit }) => hit).map((piece) => piece.text), ["żół"]);
  assert.deepEqual(piecesOf("", "x"), []);
});

test("a list opens at its sign at the beginning of a word only, and its choice takes the word's place", () => {
  const canned = [{ shortcut: "sorry", language: "en", title: "An apology", text: "So sorry {x}" }];
  const people = [{ id: "1", name: "Łucja Ż", presence: "online" as const, languages: [], teams: [], open: 0 }];
  const found = pickerOf("Hi /so and", 6, "reply", canned, people);
  assert.equal(found?.options.length, 1);
  assert.deepEqual(chosen(found!, 0, "Hi /so and"), { text: "Hi So sorry {x} and", caret: 15, mention: null });
  assert.equal(pickerOf("and/or", 6, "reply", canned, people), null);
  assert.equal(pickerOf("a@lu", 4, "note", canned, people), null);
  assert.equal(pickerOf("@łu", 3, "reply", canned, people), null);
  assert.deepEqual(chosen(pickerOf("@łu", 3, "note", canned, people)!, 0, "@łu")?.mention, { id: "1", name: "Łucja Ż" });
});

test("a valence has its sign and one digit, an emotion its side", () => {
  assert.deepEqual([-0.46, 0, 0.04, 0.71, 1].map((valence) => signed(valence, "en")), ["−0.5", "0.0", "0.0", "+0.7", "+1.0"]);
  assert.equal(signed(-0.46, "pl"), "−0,5");
  assert.equal(signed(-0.04, "bg"), "0,0");
  assert.deepEqual(["worry", "anger", "neutral", "gratitude_joy"].map(sideOf), ["low", "low", "even", "high"]);
});

test("what may be done follows from who owns the conversation", () => {
  const head = (status: string, owner: string | null): Head =>
    ({ conversation: { status, owner: owner ? { id: owner, name: owner } : null } }) as unknown as Head;
  const may = (status: string, owner: string | null, supervises: boolean): string =>
    Object.entries(abilitiesOf(head(status, owner), "me", supervises)).filter(([, can]) => can).map(([name]) => name).join(" ");
  assert.equal(may("bot", null, false), "take reply");
  assert.equal(may("queued", null, true), "take reply transfer close block");
  assert.equal(may("human", "me", false), "reply transfer snooze close release block");
  assert.equal(may("human", "other", false), "");
  assert.equal(may("human", "other", true), "take wrest transfer block");
  assert.equal(may("closed", null, false), "");
});

test("snoozing offers times that lie ahead, in order", () => {
  for (const now of [new Date(2026, 0, 5, 8), new Date(2026, 0, 4, 23, 30), new Date(2026, 0, 8, 14)]) {
    const times = timesFrom(now).map(([, time]) => time.getTime());
    assert.deepEqual([...times].sort((one, other) => one - other), times);
    assert.ok(times.every((time) => time > now.getTime()));
  }
});

test("waiting times between tries grow, and stay within half a minute", () => {
  assert.equal(backOff(0, 0), 500);
  assert.ok(backOff(100, 1) <= 15_000);
});

test("nonsense on the socket is no frame", () => {
  for (const data of ["", "{", "null", "[]", '{"type":3}', "7"]) assert.equal(frameOf(data), null);
  assert.deepEqual(frameOf('{"type":"queue"}'), { type: "queue" });
});

test("names have initials in every script, spans their unit", () => {
  assert.deepEqual(["Ion Popescu", "анна", "", "<b>", "eleni@shop.example", "🙂 Ż"].map(initials), ["IP", "А", "·", "·", "EE", "Ż"]);
  assert.deepEqual([5, 65, 7300, 200_000].map((seconds) => span(seconds, "en-GB")), ["5 secs", "1 min", "2 hrs", "2 days"]);
});
