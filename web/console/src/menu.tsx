// A button that opens a small list of things to do.

import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

interface MenuProps {
  readonly label: string;
  readonly face: ComponentChildren;
  readonly kind?: string;
  readonly children: (close: () => void) => ComponentChildren;
}

export function Menu({ label, face, kind = "", children }: MenuProps) {
  const [open, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (!open) return undefined;
    const away = (event: Event): void => {
      if (!root.current?.contains(event.target as Node)) setOpen(false);
    };
    document.addEventListener("pointerdown", away);
    document.addEventListener("focusin", away);
    root.current?.querySelector<HTMLElement>(".sheet button, .sheet a, .sheet input")?.focus();
    return () => {
      document.removeEventListener("pointerdown", away);
      document.removeEventListener("focusin", away);
    };
  }, [open]);
  const close = (): void => {
    setOpen(false);
    button.current?.focus();
  };
  return (
    <div class={`menu ${kind}`} ref={root} onKeyDown={(event) => open && moved(event, close)}>
      <button type="button" class="face" ref={button} aria-label={label} title={label} aria-expanded={open} onClick={() => setOpen(!open)}>
        {face}
      </button>
      {open && <div class="sheet">{children(close)}</div>}
    </div>
  );
}

function moved(event: KeyboardEvent, close: () => void): void {
  if (event.key === "Escape") {
    event.stopPropagation();
    close();
    return;
  }
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const root = event.currentTarget as HTMLElement;
  const buttons = [...root.querySelectorAll<HTMLElement>(".sheet button:not(:disabled), .sheet a")];
  const at = buttons.indexOf(document.activeElement as HTMLElement);
  buttons[(at + step + buttons.length) % buttons.length]?.focus();
}
