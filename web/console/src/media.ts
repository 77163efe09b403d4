// What kind of screen this is, as the style sheets see it.

import { useLayoutEffect, useState } from "preact/hooks";

export const PHONE = "(max-width: 760px)";

/** Whether a media query holds, kept up to date in the component that asks. */
export function useMedia(query: string): boolean {
  const [holds, setHolds] = useState(() => matchMedia(query).matches);
  useLayoutEffect(() => {
    const media = matchMedia(query);
    const update = (): void => setHolds(media.matches);
    media.addEventListener("change", update);
    return () => media.removeEventListener("change", update);
  }, [query]);
  return holds;
}
