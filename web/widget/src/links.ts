// Finding web addresses in a text. Pure: gives pieces, the page makes nodes of them.

export interface Piece {
  readonly text: string;
  /** Where the piece leads, null for plain text. Always http or https. */
  readonly href: string | null;
}

// Ends at white space, quotes, angle brackets and invisible direction marks.
const ADDRESS = /https?:\/\/[^\s<>"'`\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]+/gi;

/** `address` without the punctuation of the sentence around it. */
function trimmed(address: string): string {
  let end = address.length;
  for (; end > 0; end -= 1) {
    const last = address[end - 1] ?? "";
    if (".,;:!?·…*_".includes(last)) continue;
    const opening = { ")": "(", "]": "[", "}": "{" }[last];
    const part = address.slice(0, end);
    if (opening && part.split(last).length > part.split(opening).length) continue;
    break;
  }
  return address.slice(0, end);
}

function hrefOf(address: string): string | null {
  try {
    const url = new URL(address);
    return url.protocol === "http:" || url.protocol === "https:" ? url.href : null;
  } catch {
    return null;
  }
}

/** The pieces of `text`, in order; joined, their texts are `text` again. */
export function linkPieces(text: string): Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (const found of text.matchAll(ADDRESS)) {
    const address = trimmed(found[0]);
    const href = hrefOf(address);
    if (!href) continue;
    if (found.index > from) pieces.push({ text: text.slice(from, found.index), href: null });
    pieces.push({ text: address, href });
    from = found.index + address.length;
  }
  if (from < text.length) pieces.push({ text: text.slice(from), href: null });
  return pieces;
}
