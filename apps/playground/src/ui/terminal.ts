/** COM1, as a terminal. */
import { FitAddon } from "@xterm/addon-fit";
import { Terminal } from "@xterm/xterm";
import "@xterm/xterm/css/xterm.css";
import { element } from "./element.ts";

export class SerialTerminal {
  readonly root = element("div", { className: "terminal" });
  private readonly terminal = new Terminal({
    convertEol: true,
    scrollback: 5000,
    fontFamily: "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace",
    fontSize: 13,
    theme: { background: "#0d1117", foreground: "#c9d1d9", cursor: "#58a6ff" },
  });
  private readonly fit = new FitAddon();

  constructor(onInput: (bytes: Uint8Array) => void) {
    const utf8 = new TextEncoder();
    this.terminal.loadAddon(this.fit);
    this.terminal.onData((text) => onInput(utf8.encode(text)));
    this.terminal.onBinary((text) => onInput(Uint8Array.from(text, (char) => char.charCodeAt(0))));
    new ResizeObserver(() => this.root.isConnected && this.fit.fit()).observe(this.root);
  }

  /** To be called once, when `root` is in the document. */
  open(): void {
    this.terminal.open(this.root);
    this.fit.fit();
  }

  clear(): void {
    this.terminal.reset();
  }

  write(bytes: Uint8Array): void {
    this.terminal.write(bytes);
  }

  focus(): void {
    this.terminal.focus();
  }

  /** What it holds, for tests and for the clipboard. */
  text(): string {
    const { active } = this.terminal.buffer;
    const lines = Array.from({ length: active.length }, (_, row) => active.getLine(row)?.translateToString(true) ?? "");
    return lines.join("\n").trimEnd();
  }
}
