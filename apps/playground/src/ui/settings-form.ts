/** Which guest, in what machine. */
import { personalities } from "vmport-backdoor";
import type { GuestChoice, GuestFile, Settings } from "../engine/protocol.ts";
import { element, labelled } from "./element.ts";

/** Whose backdoor a machine may have; VMware's own first. */
const PERSONALITIES = personalities
  .map(({ name }) => name)
  .sort((a, b) => Number(b === "vmware") - Number(a === "vmware"));

async function file(input: HTMLInputElement): Promise<GuestFile[]> {
  return Promise.all(
    [...(input.files ?? [])].map(async (chosen) => ({
      name: chosen.name,
      bytes: new Uint8Array(await chosen.arrayBuffer()),
    })),
  );
}

const number = (value: number, min: number, max: number): HTMLInputElement =>
  element("input", { type: "number", value: String(value), min: String(min), max: String(max), required: true });
const box = (checked: boolean): HTMLInputElement => element("input", { type: "checkbox", checked });

export class SettingsForm {
  readonly root: HTMLFormElement;
  private readonly image = element("input", { type: "file", name: "image" });
  private readonly initrd = element("input", { type: "file", name: "initrd" });
  private readonly disks = element("input", { type: "file", name: "disks", multiple: true });
  private readonly commandLine = element("input", { value: "console=ttyS0 cryptomgr.notests", name: "append" });
  private readonly memory = number(64, 1, 3072);
  private readonly vcpus = number(1, 1, 8);
  private readonly port = box(true);
  private readonly hardware = number(11, 0, 21);
  private readonly vga = box(false);
  private readonly personality: HTMLSelectElement;

  constructor(onStart: () => void) {
    this.personality = element("select", {}, ...PERSONALITIES.map((name) => element("option", { textContent: name })));
    this.root = element(
      "form",
      { className: "settings" },
      element("h2", { textContent: "Guest" }),
      element("p", {
        textContent: "Without an image: the embedded boot sector that calls the backdoor from both rings.",
      }),
      labelled("image", this.image),
      labelled("initrd", this.initrd),
      labelled("disks", this.disks),
      labelled("command line", this.commandLine),
      element("h2", { textContent: "Machine" }),
      labelled("memory, MiB", this.memory),
      labelled("processors", this.vcpus),
      labelled("vmware_port", this.port),
      labelled("vmware_hw", this.hardware),
      labelled("personality", this.personality),
      labelled("VGA", this.vga),
      element("button", { type: "submit", className: "primary", textContent: "Boot" }),
    );
    this.root.addEventListener("submit", (event) => {
      event.preventDefault();
      onStart();
    });
  }

  settings(): Settings {
    return {
      memory: this.memory.valueAsNumber,
      vcpus: this.vcpus.valueAsNumber,
      vmwarePort: this.port.checked,
      vmwareHw: this.hardware.valueAsNumber,
      personality: this.personality.value,
      vga: this.vga.checked,
    };
  }

  async guest(): Promise<GuestChoice> {
    const [[image], [initrd], disks] = await Promise.all([file(this.image), file(this.initrd), file(this.disks)]);
    return {
      ...(image ? { image } : {}),
      ...(initrd ? { initrd } : {}),
      disks,
      commandLine: this.commandLine.value,
    };
  }
}
