import { describe, expect, it } from "vitest";
import { BINDINGS, commandOf } from "./keyboard";

const plain = { ctrlKey: false, metaKey: false, altKey: false, target: null };

function element(html: string): HTMLElement {
  const holder = document.createElement("div");
  holder.innerHTML = html;
  return holder.firstElementChild as HTMLElement;
}

describe("commandOf", () => {
  it("knows every key the help lists", () => {
    const pressed: Record<string, string> = {
      Space: " ",
      "←": "ArrowLeft",
      "→": "ArrowRight",
      "↑": "ArrowUp",
      "↓": "ArrowDown",
    };
    for (const { keys, command } of BINDINGS) {
      for (const key of keys) expect(commandOf({ ...plain, key: pressed[key] ?? key })).toBe(command);
    }
  });

  it("takes capitals too, and leaves the browser's own shortcuts alone", () => {
    expect(commandOf({ ...plain, key: "M" })).toBe("toggle-mute");
    expect(commandOf({ ...plain, key: "l", ctrlKey: true })).toBeUndefined();
    expect(commandOf({ ...plain, key: "f", metaKey: true })).toBeUndefined();
  });

  it("leaves keys to the control that has the focus", () => {
    expect(commandOf({ ...plain, key: " ", target: element("<button>Mute</button>") })).toBeUndefined();
    expect(commandOf({ ...plain, key: "m", target: element("<button>Mute</button>") })).toBe("toggle-mute");
    expect(
      commandOf({ ...plain, key: "ArrowLeft", target: element('<input type="range">') }),
    ).toBeUndefined();
    expect(commandOf({ ...plain, key: "k", target: element('<input type="range">') })).toBe("toggle-play");
    expect(commandOf({ ...plain, key: "k", target: element('<input type="text">') })).toBeUndefined();
  });
});
