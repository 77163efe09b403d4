// A person as a coloured disc with initials; the colour follows from the id.

import type { ComponentChildren } from "preact";

const HUES = 8;

export function Avatar({ id, name, children }: { id: string; name: string; children?: ComponentChildren }) {
  return (
    <span class={`avatar hue${hueOf(id)}`} data-initials={initials(name)} aria-hidden="true">
      {children}
    </span>
  );
}

/** Up to two first letters of a name; a dot when it has none. */
export function initials(name: string): string {
  const words = name.split(/[\s@.]+/u).filter((word) => /^[\p{L}\p{N}]/u.test(word));
  const letters = [words[0], words.length > 1 ? words.at(-1) : undefined].map((word) => [...(word ?? "")][0] ?? "");
  return letters.join("").toLocaleUpperCase() || "·";
}

function hueOf(id: string): number {
  let sum = 0;
  for (const letter of id) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 9973;
  return sum % HUES;
}
