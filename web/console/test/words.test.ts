import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { KEYS, ALT_KEYS } from "../src/keys";
import { LANGUAGES, TABLES, fill } from "../src/text";

declare const CONSOLE_SOURCES: string;

type Flat = Map<string, string>;

function flat(table: object, path = ""): Flat {
  const found: Flat = new Map();
  for (const [name, value] of Object.entries(table)) {
    if (typeof value === "string") found.set(path + name, value);
    else for (const [key, text] of flat(value as object, `${path}${name}.`)) found.set(key, text);
  }
  return found;
}

const holes = (text: string): string[] => [...text.matchAll(/\{\w+\}/g)].map(([hole]) => hole).sort();

test("all languages say the same things, with the same holes to fill", () => {
  const en = flat(TABLES.en);
  for (const language of LANGUAGES) {
    const table = flat(TABLES[language]);
    assert.deepEqual([...table.keys()].sort(), [...en.keys()].sort(), language);
    for (const [key, text] of table) {
      assert.deepEqual(holes(text), holes(en.get(key) ?? ""), `${language} ${key}`);
      assert.equal(text, text.trim(), `${language} ${key}`);
      assert.ok(text !== "" || key === "fileStates.stored", `${language} ${key}`);
    }
  }
});

test("the languages are written in their own letters", () => {
  const greek = [...flat(TABLES.el).values()].join("");
  const bulgarian = [...flat(TABLES.bg).values()].join("");
  assert.doesNotMatch(greek, /\p{Script=Cyrillic}/u);
  assert.doesNotMatch(bulgarian, /\p{Script=Greek}|[ыэё]/u);
  assert.match([...flat(TABLES.ro).values()].join(""), /ș.*ț/u);
  assert.doesNotMatch([...flat(TABLES.ro).values()].join(""), /[şţ]/u);
});

test("every sentence is used, and every command has a name", () => {
  const sources = files(CONSOLE_SOURCES).map((file) => readFileSync(file, "utf8")).join("\n");
  for (const key of Object.keys(TABLES.en)) assert.match(sources, new RegExp(`\\bt\\.${key}\\b`), key);
  for (const command of [...Object.values(KEYS), ...Object.values(ALT_KEYS)]) assert.ok(command in TABLES.en.commands, command);
});

test("what is filled in is not a sentence with holes itself", () => {
  assert.equal(fill("{name} left for {to} {other}", { name: "{to} $&", to: "X" }), "{to} $& left for X {other}");
});

test("no source makes HTML of text, or styles of strings", () => {
  for (const file of files(CONSOLE_SOURCES)) {
    const source = readFileSync(file, "utf8");
    assert.doesNotMatch(source, /innerHTML|outerHTML|insertAdjacentHTML|dangerouslySet|document\.write|eval\(|new Function/, file);
    assert.doesNotMatch(source, /style="/, file);
  }
});

function files(folder: string): string[] {
  const found = readdirSync(folder, { recursive: true }).map(String);
  return found.filter((name) => /\.tsx?$/.test(name) && !name.startsWith("text")).map((name) => join(folder, name));
}
