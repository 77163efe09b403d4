// A text with the words that were searched for made visible.

interface Piece {
  readonly text: string;
  readonly hit: boolean;
}

/** The pieces of `text`, in order; joined, they are `text` again. Marks and case do not count. */
export function piecesOf(text: string, query: string): Piece[] {
  const words = query.split(/\s+/u).map(bare).filter((word) => word.length > 1);
  const letters = [...text];
  const plain = letters.map(bare);
  const hits = letters.map(() => false);
  for (const word of words) {
    for (let from = 0; from < letters.length; from += 1) {
      const length = lengthOf(plain, from, word);
      if (length) hits.fill(true, from, from + length);
    }
  }
  const pieces: Piece[] = [];
  letters.forEach((letter, place) => {
    const hit = hits[place] ?? false;
    const last = pieces.at(-1);
    if (last?.hit === hit) pieces[pieces.length - 1] = { text: last.text + letter, hit };
    else pieces.push({ text: letter, hit });
  });
  return pieces;
}

// How many letters from `from` on make up `word`; 0 when they do not.
function lengthOf(plain: readonly string[], from: number, word: string): number {
  let rest = word;
  let at = from;
  if (!plain[from]) return 0;
  while (rest && at < plain.length) {
    const letter = plain[at] ?? "";
    if (!rest.startsWith(letter)) return 0;
    rest = rest.slice(letter.length);
    at += 1;
  }
  return rest ? 0 : at - from;
}

function bare(text: string): string {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().replace(/ς/g, "σ").replace(/ł/g, "l");
}

export function Marked({ text, query }: { text: string; query: string }) {
  return <>{piecesOf(text, query).map(({ text: piece, hit }) => (hit ? <mark>{piece}</mark> : piece))}</>;
}
