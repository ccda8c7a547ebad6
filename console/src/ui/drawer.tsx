/** A modal panel at the right edge; the browser keeps the focus inside and gives it back. */

import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Icon } from "./icons";
import "./drawer.css";

interface DrawerProps {
  /** For those who cannot see it. */
  label: string;
  heading: ComponentChildren;
  children: ComponentChildren;
  onClose: () => void;
}

export function Drawer({ label, heading, children, onClose }: DrawerProps) {
  const element = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = element.current;
    dialog?.showModal();
    dialog?.addEventListener("click", (event) => {
      if (event.target === dialog) dialog.close(); // beside the panel; by keyboard it is Escape
    });
  }, []);
  return (
    <dialog ref={element} class="drawer" aria-label={label} onClose={onClose}>
      <div class="drawer-body">
        <header class="drawer-head">
          <div>{heading}</div>
          <button
            type="button"
            class="button"
            data-kind="quiet"
            aria-label="Close"
            onClick={() => element.current?.close()}
          >
            <Icon name="close" />
          </button>
        </header>
        {children}
      </div>
    </dialog>
  );
}
