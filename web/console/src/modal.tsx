// A dialog of the browser: it keeps the focus, Escape closes it, and the focus goes back where it was.

import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { Icon } from "./icon";
import { t } from "./text";

interface ModalProps {
  readonly title: string;
  readonly kind?: string;
  readonly close: () => void;
  readonly children: ComponentChildren;
}

export function Modal({ title, kind = "", close, children }: ModalProps) {
  const root = useRef<HTMLDialogElement>(null);
  const gone = useRef(false);
  const id = useId();
  // The browser tells of a closed dialog a moment later: by then the next one may be open.
  useEffect(() => {
    const before = document.activeElement;
    const dialog = root.current;
    dialog?.showModal();
    dialog?.querySelector<HTMLElement>("[autofocus], .body input, .body textarea, .body select, .body button")?.focus();
    return () => {
      gone.current = true;
      dialog?.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog class={`modal ${kind}`} ref={root} aria-labelledby={id} onClose={() => gone.current || close()} onCancel={(event) => { event.preventDefault(); close(); }}
      onPointerDown={(event) => event.target === root.current && close()}>
      <header>
        <h2 id={id}>{title}</h2>
        <button type="button" class="bare" aria-label={t.dismiss} onClick={close}><Icon name="cross" /></button>
      </header>
      <div class="body">{children}</div>
    </dialog>
  );
}
