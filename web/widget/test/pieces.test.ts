import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readOrders, sample } from "../../demo/orders";
import { readableOn } from "../src/color";
import { linkPieces } from "../src/links";

declare const SOURCES: string;

const links = (text: string) => linkPieces(text).filter(({ href }) => href).map(({ text: shown }) => shown);

test("addresses are found without the sentence around them", () => {
  const cases: [string, string[]][] = [
    ["see https://a.example/b?c=d#e.", ["https://a.example/b?c=d#e"]],
    ["(https://a.example/x_(y)) ok", ["https://a.example/x_(y)"]],
    ["HTTP://A.EXAMPLE!", ["HTTP://A.EXAMPLE"]],
    ["https://a.example,https://b.example", ["https://a.example,https://b.example"]],
    ["δες https://a.example/κούπα;", ["https://a.example/κούπα"]],
    ["javascript:alert(1) data:text/html,x ftp://a.example //a.example", []],
    ["https:// http://", []],
    ["https://a.example/\u202egpj.exe", ["https://a.example/"]],
    ["no links", []],
    ["", []],
  ];
  for (const [text, found] of cases) assert.deepEqual(links(text), found, text);
});

test("the pieces joined are the text again, and every link is http or https", () => {
  const samples = ["https://a.example", "x\ny", "https://[::1", "..", ")", "<script>", "http://é.example/ü", " "];
  for (const left of samples) {
    for (const middle of samples) {
      for (const right of samples) {
        const text = left + middle + right;
        const pieces = linkPieces(text);
        assert.equal(pieces.map((piece) => piece.text).join(""), text);
        for (const { href } of pieces) if (href) assert.match(href, /^https?:\/\//);
      }
    }
  }
});

test("the writing on a colour is the one that can be read", () => {
  assert.equal(readableOn("rgb(15, 107, 92)"), "#fff");
  assert.equal(readableOn("rgb(255, 220, 0)"), "#000");
  assert.equal(readableOn("rgba(255, 255, 255, 0.9)"), "#000");
  assert.equal(readableOn("color(display-p3 1 0 0)"), null);
});

test("sample orders: what is no order is left out, and every status comes before a second of one", () => {
  assert.deepEqual(readOrders({ not: "a list" }), []);
  assert.deepEqual(readOrders([null, 5, {}, { number: "" }]), []);
  const [order] = readOrders([
    { number: 10024, status: "paid", items: [{ name: "Mug", quantity: 2 }, "Lamp", null], total: 12.5 },
  ]);
  assert.deepEqual(order, { number: "10024", status: "paid", items: ["2 × Mug", "Lamp"], total: "12.5" });
  const all = ["paid", "paid", "shipped", "paid", "placed"].map((status, index) => {
    return { number: String(10001 + index), status, items: [], total: "" };
  });
  assert.deepEqual(sample(all, 3).map(({ number }) => number), ["10001", "10003", "10005"]);
  assert.deepEqual(sample(all, 4).map(({ number }) => number), ["10001", "10002", "10003", "10005"]);
});

test("no source makes elements or code out of text", () => {
  const forbidden =
    /innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|DOMParser|srcdoc|\beval\b|new Function|setHTML/;
  for (const folder of [SOURCES, join(SOURCES, "../../demo")]) {
    const sources = readdirSync(folder).filter((name) => name.endsWith(".ts"));
    assert.ok(sources.length >= 3, folder);
    for (const name of sources) assert.doesNotMatch(readFileSync(join(folder, name), "utf8"), forbidden, name);
  }
});

test("the demo page has no script and no style of its own in the page", () => {
  const html = readFileSync(join(SOURCES, "../../demo/index.html"), "utf8");
  assert.doesNotMatch(html, /<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)|https?:\/\//i);
});
