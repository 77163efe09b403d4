// A text as it was written, with its web addresses as links where that is wanted.

import { linkPieces } from "../../widget/src/links";

export function Words({ text, links }: { text: string; links: boolean }) {
  if (!links) return <>{text}</>;
  return (
    <>
      {linkPieces(text).map(({ text: piece, href }) =>
        href ? <a href={href} target="_blank" rel="noopener noreferrer nofollow">{piece}</a> : piece,
      )}
    </>
  );
}
