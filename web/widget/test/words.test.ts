import assert from "node:assert/strict";
import { test } from "node:test";
import { PAGE, PHRASES, STATES } from "../../demo/texts";
import { LANGUAGES, TEXTS, type Texts, chooseLanguage, fill, localeOf, waitRange } from "../src/texts";
import { longTime, shortTime } from "../src/times";

type Words = { readonly [name: string]: string | Words };

function leaves(words: Words, path = ""): [string, string][] {
  return Object.entries(words).flatMap(([name, value]) =>
    typeof value === "string" ? [[path + name, value] as [string, string]] : leaves(value, `${path}${name}.`),
  );
}

const marks = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(([mark]) => mark).sort();

for (const [name, table] of Object.entries({ TEXTS, PAGE, STATES })) {
  test(`${name} has the same words with the same marks in every language, and nothing is left in English`, () => {
    const english = leaves(table.en as unknown as Words);
    for (const language of LANGUAGES) {
      const translated = new Map(leaves(table[language] as unknown as Words));
      assert.deepEqual([...translated.keys()], english.map(([key]) => key), language);
      for (const [key, text] of english) {
        const other = translated.get(key) ?? "";
        assert.notEqual(other.trim(), "", `${language} ${key}`);
        assert.deepEqual(marks(other), marks(text), `${language} ${key}`);
        if (language !== "en" && text.length > 8) assert.notEqual(other, text, `${language} ${key}`);
      }
    }
  });
}

test("Greek and Bulgarian are written in their own letters", () => {
  for (const [key, text] of leaves(TEXTS.el as unknown as Words)) assert.match(text, /\p{Script=Greek}/u, key);
  for (const [key, text] of leaves(TEXTS.bg as unknown as Words)) assert.match(text, /\p{Script=Cyrillic}/u, key);
});

test("there are sentences to try in every language", () => {
  for (const language of LANGUAGES) assert.ok(PHRASES[language].length >= 3);
});

test("values are filled in as they are", () => {
  assert.equal(fill("{name} is typing", { name: "{n} $& <b>" }), "{n} $& <b> is typing");
  assert.equal(fill("{n} of {other}", { n: 0 }), "0 of {other}");
});

test("the language is the first known one, English otherwise", () => {
  assert.equal(chooseLanguage([null, "", "de-DE", "pl-PL", "el"]), "pl");
  assert.equal(chooseLanguage(["EL_gr"]), "el");
  assert.equal(chooseLanguage(["plx"]), "en");
  assert.equal(localeOf("en", ["pl", "en-GB", "en-US"]), "en-GB");
  assert.equal(localeOf("ro", ["pl"]), "ro");
});

test("a wait is told in minutes, or hours when it is long", () => {
  const cases: [number, number, string][] = [
    [0, 30, "less than a minute"],
    [0, 60, "1 min"],
    [240, 540, "4–9 min"],
    [241, 539, "4–9 min"],
    [3600, 5400, "60–90 min"],
    [3600, 9000, "1–3 h"],
  ];
  for (const [low, high, words] of cases) assert.equal(waitRange(TEXTS.en as Texts, low, high), words);
});

test("times are written as the locale writes them", () => {
  const noon = new Date(2024, 2, 5, 12, 30).getTime();
  assert.equal(shortTime(noon, noon, "pl"), "12:30");
  assert.match(shortTime(noon, noon + 86_400_000, "en-GB"), /5 Mar.*12:30/);
  assert.match(longTime(noon, "ro"), /martie 2024/);
  assert.equal(shortTime(Number.NaN, noon, "en"), "");
  assert.equal(longTime(Number.NaN, "en"), "");
});
