/** The report at the end of a run, for people: what happened, in a few lines. */
import { grouped } from "./grouped.ts";
import type { GuestSession } from "./guest-session.ts";
import { type Style, visible } from "./terminal.ts";

const MAX_ITEMS = 8;
const MAX_TEXT = 60;

export function runReport(session: GuestSession, end: string, style: Style, restarts = 0): string {
  const { machine, hostSeconds } = session;
  const millions = machine.retired / 1e6;
  const guestSeconds = Number(machine.clock.nowNs()) / 1e9;
  const exits = Object.entries(machine.domain.exitCounts);
  const backdoor = [...session.backdoorCounts.values()].map(
    ({ command, ring, count: times }) => [`${command} (ring ${ring})`, times] as const,
  );
  const guestinfo = Object.entries(session.guestinfoSet()).map(
    ([key, value]) =>
      `${key} = ${typeof value === "string" ? quoted(value) : `${value.base64.length} base64 characters`}`,
  );
  const rows: readonly (readonly [string, string])[] = [
    ["end", end],
    ["restarts", restarts === 0 ? "" : `${restarts}; the following is of the last start`],
    [
      "ran",
      `${millions.toFixed(1)} M instructions in ${hostSeconds.toFixed(1)} s: ${(millions / Math.max(hostSeconds, 1e-3)).toFixed(1)} MIPS; ${guestSeconds.toFixed(3)} s for the guest`,
    ],
    ["exits", counted(exits)],
    ["backdoor", counted(backdoor)],
    ["guestinfo", guestinfo.slice(0, MAX_ITEMS).join(", ") + more(guestinfo.length)],
    ["trace", machine.traceHash()],
  ];
  return rows
    .filter(([, text]) => text !== "")
    .map(([name, text]) => `${style.dim(name.padEnd(10))}${text}\n`)
    .join("");
}

function counted(items: readonly (readonly [string, number])[]): string {
  return (
    [...items]
      .sort(([, a], [, b]) => b - a)
      .slice(0, MAX_ITEMS)
      .map(([name, times]) => `${name} ${grouped(times)}`)
      .join(", ") + more(items.length)
  );
}

const more = (items: number): string => (items > MAX_ITEMS ? `, ${items - MAX_ITEMS} more` : "");
const quoted = (text: string): string =>
  JSON.stringify(visible(text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text));
