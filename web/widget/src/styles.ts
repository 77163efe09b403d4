// The style sheet of the shadow root. Constructed, so that pages need no 'unsafe-inline' for styles.

import css from "./widget.css";

let shared: CSSStyleSheet | null = null;

/** One sheet for all elements of the page, made when first needed. */
export function sheet(): CSSStyleSheet {
  if (shared) return shared;
  shared = new CSSStyleSheet();
  shared.replaceSync(css);
  return shared;
}
