/** Every backdoor call. Rows have one height, and only those in view are in the document, so that fifty thousand cost nothing. */
import type { Call } from "../engine/protocol.ts";
import { element } from "./element.ts";

/** The newest are kept; a page that runs for days must not grow. */
const KEPT = 50_000;
const ROW_PIXELS = 22;
const COLUMNS = ["number", "ring", "rip", "access", "command", "registers", "note"] as const;

export class CallsTable {
  readonly root: HTMLElement;
  private calls: Call[] = [];
  private matching: readonly Call[] = [];
  private total = 0;
  private follows = true;
  private readonly filter = element("input", {
    type: "search",
    placeholder: "filter: ring 3, GETVERSION, 0x5659 …",
    ariaLabel: "Filter calls",
  });
  private readonly summary = element("span", { className: "summary" });
  private readonly rows = element("div", { className: "rows" });
  private readonly spacer = element("div", { className: "spacer" }, this.rows);
  private readonly viewport = element("div", { className: "viewport", tabIndex: 0 }, this.spacer);

  constructor() {
    const head = element(
      "div",
      { className: "call head" },
      ...COLUMNS.map((name) => element("span", { textContent: name })),
    );
    const title = element("h2", { textContent: "Backdoor calls" });
    this.root = element(
      "section",
      { className: "calls" },
      element("header", {}, title, this.summary, this.filter),
      head,
      this.viewport,
    );
    this.filter.addEventListener("input", () => this.refilter());
    this.viewport.addEventListener("scroll", () => {
      const { scrollTop, clientHeight, scrollHeight } = this.viewport;
      this.follows = scrollTop + clientHeight >= scrollHeight - ROW_PIXELS;
      this.draw();
    });
    new ResizeObserver(() => this.draw()).observe(this.viewport);
    this.refilter();
  }

  clear(): void {
    this.calls = [];
    this.total = 0;
    this.follows = true;
    this.refilter();
  }

  add(calls: readonly Call[], total: number): void {
    if (total === this.total) return;
    this.total = total;
    this.calls.push(...calls);
    if (this.calls.length > KEPT) this.calls = this.calls.slice(-KEPT);
    this.refilter();
  }

  private refilter(): void {
    const words = this.filter.value.toLowerCase().match(/ring \d|\S+/g) ?? [];
    this.matching =
      words.length === 0
        ? this.calls
        : this.calls.filter((call) => {
            const text =
              `ring ${call.ring} ${call.rip} ${call.access} ${call.command} ${call.registers} ${call.note}`.toLowerCase();
            return words.every((word) => text.includes(word));
          });
    const shown = words.length > 0 ? `${count(this.matching.length)} of ` : "";
    const left = this.total - this.calls.length;
    this.summary.textContent = `${shown}${count(this.total)}${left > 0 ? `, ${count(left)} not kept` : ""}`;
    this.spacer.style.height = `${this.matching.length * ROW_PIXELS}px`;
    if (this.follows) this.viewport.scrollTop = this.spacer.clientHeight;
    this.draw();
  }

  private draw(): void {
    const first = Math.max(0, Math.floor(this.viewport.scrollTop / ROW_PIXELS) - 4);
    const visible = Math.ceil(this.viewport.clientHeight / ROW_PIXELS) + 8;
    this.rows.style.transform = `translateY(${first * ROW_PIXELS}px)`;
    this.rows.replaceChildren(
      ...this.matching.slice(first, first + visible).map((call) => {
        const cells = COLUMNS.map((name) =>
          element("span", { textContent: String(call[name]), title: String(call[name]) }),
        );
        return element("div", { className: `call ring${call.ring}` }, ...cells);
      }),
    );
  }
}

const format = new Intl.NumberFormat("en-US");
const count = (number: number): string => format.format(number);
