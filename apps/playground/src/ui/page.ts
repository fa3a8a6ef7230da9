/** The page: one worker with one machine, and what it tells. */
import { type FromEngine, type Progress, type ToEngine, triggers } from "../engine/protocol.ts";
import { CallsTable } from "./calls-table.ts";
import { element } from "./element.ts";
import { GuestinfoPanel } from "./guestinfo-panel.ts";
import { Screen } from "./screen.ts";
import { SettingsForm } from "./settings-form.ts";
import "./style.css";
import { SerialTerminal } from "./terminal.ts";

const format = new Intl.NumberFormat("en-US");
const MAX_NOTICES = 100;

class Page {
  private engine: Worker | undefined;
  private isPaused = false;
  private readonly terminal = new SerialTerminal((bytes) => this.send({ kind: "input", bytes }));
  private readonly screen = new Screen((code, isDown) => this.send({ kind: "key", code, isDown }));
  private readonly calls = new CallsTable();
  private readonly guestinfo = new GuestinfoPanel((key, value) => this.send({ kind: "set-guestinfo", key, value }));
  private readonly form = new SettingsForm(() => void this.start());
  private readonly status = element("output", { className: "status", textContent: "no guest yet" });
  private readonly report = element("dl", { className: "report" });
  private readonly notices = element("ol", { className: "notices" });
  private readonly pause = element("button", { textContent: "Pause", disabled: true });
  private readonly trigger = element(
    "select",
    { disabled: true, ariaLabel: "Trigger" },
    element("option", { textContent: "trigger …", value: "" }),
    ...triggers.map((name) => element("option", { textContent: name })),
  );

  constructor() {
    this.pause.addEventListener("click", () => this.setPaused(!this.isPaused));
    this.trigger.addEventListener("change", () => {
      const chosen = triggers.find((name) => name === this.trigger.value);
      if (chosen) this.send({ kind: "trigger", trigger: chosen });
      this.trigger.value = "";
    });
    document.body.append(
      element(
        "header",
        { className: "page" },
        element("h1", { textContent: "Simulated HVM" }),
        element("p", { textContent: "an x86 machine in this page, whose guest finds VMware's backdoor" }),
        this.status,
        this.pause,
        this.trigger,
      ),
      element("aside", {}, this.form.root, this.guestinfo.root),
      element("main", {}, this.terminal.root, this.screen.root, this.calls.root),
      element(
        "footer",
        {},
        element("section", {}, element("h2", { textContent: "Report" }), this.report),
        element("section", {}, element("h2", { textContent: "Notices" }), this.notices),
      ),
    );
    this.terminal.open();
    this.showScreen(false);
  }

  /** What the console holds: for tests. */
  consoleText(): string {
    return this.terminal.text();
  }

  async start(): Promise<void> {
    const settings = this.form.settings();
    const guest = await this.form.guest();
    // A worker's own memory goes with it: each guest gets a fresh one.
    this.engine?.terminate();
    this.engine = new Worker(new URL("../engine/worker.ts", import.meta.url), { type: "module" });
    this.engine.onmessage = ({ data }: MessageEvent<FromEngine>) => this.receive(data);
    this.engine.onerror = ({ message }) => this.receive({ kind: "failed", message });
    this.terminal.clear();
    this.screen.clear();
    this.calls.clear();
    this.report.replaceChildren();
    this.notices.replaceChildren();
    this.showScreen(settings.vga);
    this.setPaused(false);
    for (const control of [this.pause, this.trigger]) control.disabled = false;
    this.status.textContent = "starting";
    this.send({ kind: "start", guest, settings, guestinfo: this.guestinfo.values() });
    this.terminal.focus();
  }

  private receive(message: FromEngine): void {
    if (message.kind === "failed") {
      this.end(`failed: ${message.message}`);
      this.notice(message.message);
      return;
    }
    for (const bytes of message.serial) this.terminal.write(bytes);
    this.calls.add(message.calls, message.callCount);
    if (message.guestinfo) this.guestinfo.draw(message.guestinfo);
    if (message.screen) this.screen.show(message.screen);
    for (const text of message.notices) this.notice(text);
    this.showReport(message);
    if (message.state === "ended") this.end(`ended: ${message.end}`);
    else this.status.textContent = `${message.state} · ${message.mips.toFixed(0)} MIPS`;
    // Not before the browser has painted: a slow page slows the guest, it does not drown.
    requestAnimationFrame(() => this.send({ kind: "shown" }));
  }

  private showReport({ instructions, virtualSeconds, callCount, exits, traceHash }: Progress): void {
    const rows: readonly (readonly [string, string])[] = [
      ["instructions", format.format(instructions)],
      ["guest's time", `${virtualSeconds.toFixed(3)} s`],
      ["backdoor calls", format.format(callCount)],
      ...Object.entries(exits).map(([name, times]) => [`exits: ${name}`, format.format(times)] as const),
      ...(traceHash === undefined ? [] : [["trace hash", traceHash] as const]),
    ];
    this.report.replaceChildren(
      ...rows.flatMap(([name, text]) => [element("dt", { textContent: name }), element("dd", { textContent: text })]),
    );
  }

  private end(text: string): void {
    this.status.textContent = text;
    for (const control of [this.pause, this.trigger]) control.disabled = true;
  }

  private notice(text: string): void {
    this.notices.append(element("li", { textContent: text }));
    while (this.notices.children.length > MAX_NOTICES) this.notices.firstChild?.remove();
  }

  private setPaused(isPaused: boolean): void {
    this.isPaused = isPaused;
    this.pause.textContent = isPaused ? "Resume" : "Pause";
    this.send({ kind: isPaused ? "pause" : "resume" });
  }

  private showScreen(isShown: boolean): void {
    this.screen.root.hidden = !isShown;
  }

  private send(message: ToEngine): void {
    this.engine?.postMessage(message);
  }
}

const page = new Page();
Object.assign(globalThis, { page });
