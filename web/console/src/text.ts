// What the console says, in five languages. `t` is the table of the language that is spoken now.

import { bg } from "./text/bg";
import { el } from "./text/el";
import { type Texts, en } from "./text/en";
import { pl } from "./text/pl";
import { ro } from "./text/ro";

export const LANGUAGES = ["en", "pl", "el", "bg", "ro"] as const;
export type Language = (typeof LANGUAGES)[number];

export const TABLES: Readonly<Record<Language, Texts>> = { en, pl, el, bg, ro };

export let t: Texts = en;

export function isLanguage(code: string): code is Language {
  return (LANGUAGES as readonly string[]).includes(code);
}

export function setLanguage(language: Language): void {
  t = TABLES[language];
}

/** A sentence with its {names} filled in; what is filled in is never a sentence itself. */
export function fill(sentence: string, values: Readonly<Record<string, string | number>>): string {
  return sentence.replace(/\{(\w+)\}/g, (whole, name: string) => (name in values ? String(values[name]) : whole));
}
