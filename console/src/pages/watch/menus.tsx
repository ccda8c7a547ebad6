/** Menus of the controls: quality and captions. Arrow keys move, Escape closes, a click elsewhere too. */

import { useEffect, useRef, useState } from "preact/hooks";
import type { LivePlayer } from "../../player/live-player";
import { AUTO, OFF } from "../../player/source";
import type { PlayerView } from "../../player/view";
import { bitrate } from "../../ui/format";
import { Icon, type IconName } from "../../ui/icons";

interface Choice {
  id: number;
  label: string;
  detail?: string;
}

interface MenuProps {
  name: string;
  icon: IconName;
  choices: Choice[];
  chosen: number;
  onChoose: (id: number) => void;
}

function Menu({ name, icon, choices, chosen, onChoose }: MenuProps) {
  const [open, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);

  useEffect(() => {
    if (!open) return;
    root.current?.querySelector<HTMLElement>("[aria-checked=true]")?.focus();
    const onPointer = (event: PointerEvent) => {
      if (!root.current?.contains(event.target as Node)) setOpen(false);
    };
    addEventListener("pointerdown", onPointer);
    return () => removeEventListener("pointerdown", onPointer);
  }, [open]);

  function close(): void {
    setOpen(false);
    button.current?.focus();
  }

  function onKey(event: KeyboardEvent): void {
    if (event.key === "Escape") close();
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const items = [...(root.current?.querySelectorAll<HTMLElement>("[role=menuitemradio]") ?? [])];
    const at = items.indexOf(document.activeElement as HTMLElement);
    items[(at + step + items.length) % items.length]?.focus();
  }

  return (
    <div class="menu" ref={root}>
      <button
        ref={button}
        type="button"
        class="control"
        aria-label={name}
        aria-haspopup="menu"
        aria-expanded={open}
        title={name}
        onClick={() => setOpen(!open)}
      >
        <Icon name={icon} size={22} />
      </button>
      {open && (
        <div class="menu-list" role="menu" tabIndex={-1} aria-label={name} onKeyDown={onKey}>
          {choices.map(({ id, label, detail }) => (
            <button
              key={id}
              type="button"
              role="menuitemradio"
              aria-checked={id === chosen}
              tabIndex={-1}
              onClick={() => {
                onChoose(id);
                close();
              }}
            >
              <span class="menu-tick">{id === chosen && <Icon name="check" size={16} />}</span>
              <span>{label}</span>
              <span class="menu-detail figure">{detail}</span>
            </button>
          ))}
        </div>
      )}
    </div>
  );
}

export function QualityMenu({ player, view }: { player: LivePlayer; view: PlayerView }) {
  const playing = view.qualities.find(({ id }) => id === view.playingQuality);
  const byHeight = [...view.qualities].sort((a, b) => b.bitrateBps - a.bitrateBps);
  const choices: Choice[] = [
    { id: AUTO, label: "Auto", ...(view.quality === AUTO && playing ? { detail: playing.label } : {}) },
    ...byHeight.map(({ id, label, bitrateBps }) => ({ id, label, detail: bitrate(bitrateBps) })),
  ];
  return (
    <Menu
      name="Quality"
      icon="gear"
      choices={choices}
      chosen={view.quality}
      onChoose={(id) => player.setQuality(id)}
    />
  );
}

export function CaptionMenu({ player, view }: { player: LivePlayer; view: PlayerView }) {
  return (
    <Menu
      name="Captions"
      icon="captions"
      choices={[{ id: OFF, label: "Off" }, ...view.captions]}
      chosen={view.caption}
      onChoose={(id) => player.setCaption(id)}
    />
  );
}
