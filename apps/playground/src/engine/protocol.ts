/** What the page and the worker say to each other. Everything is plain data. */
import type { TriggerName } from "hvm-machine";

export interface GuestFile {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export interface Settings {
  /** MiB. */
  readonly memory: number;
  readonly vcpus: number;
  readonly vmwarePort: boolean;
  /** 0: off. */
  readonly vmwareHw: number;
  readonly personality: string;
  readonly vga: boolean;
}

export interface GuestChoice {
  /** Without it: the embedded guest. */
  readonly image?: GuestFile;
  readonly initrd?: GuestFile;
  /** Each in a copy of its own: what the guest writes is gone with the page. */
  readonly disks: readonly GuestFile[];
  readonly commandLine: string;
}

export const triggers = [
  "power",
  "nmi",
  "tools-ping",
  "tools-halt",
  "tools-reboot",
] as const satisfies readonly TriggerName[];
export type Trigger = (typeof triggers)[number];

export type ToEngine =
  | {
      readonly kind: "start";
      readonly guest: GuestChoice;
      readonly settings: Settings;
      readonly guestinfo: Readonly<Record<string, string>>;
    }
  | { readonly kind: "input"; readonly bytes: Uint8Array }
  | { readonly kind: "key"; readonly code: string; readonly isDown: boolean }
  | { readonly kind: "pause" }
  | { readonly kind: "resume" }
  | { readonly kind: "trigger"; readonly trigger: Trigger }
  | { readonly kind: "set-guestinfo"; readonly key: string; readonly value: string }
  /** One `progress` was shown: the engine keeps at most two ahead, so that a flood of output cannot fill the page. */
  | { readonly kind: "shown" };

/** One access to the backdoor; numbers are unsigned. */
export interface Call {
  /** Counted from 1. */
  readonly number: number;
  readonly ring: number;
  readonly rip: string;
  readonly access: string;
  readonly command: string;
  /** Registers that changed, as text. */
  readonly registers: string;
  readonly note: string;
}

export interface Progress {
  readonly kind: "progress";
  readonly serial: readonly Uint8Array[];
  readonly calls: readonly Call[];
  /** Calls so far; `calls` leaves some out when there are more than a page can show. */
  readonly callCount: number;
  readonly notices: readonly string[];
  readonly guestinfo?: readonly { readonly key: string; readonly value: string; readonly isGuests: boolean }[];
  readonly screen?: { readonly width: number; readonly height: number; readonly rgba: Uint8Array };
  readonly instructions: number;
  readonly virtualSeconds: number;
  /** Of the last slice, in millions a second of host time spent in it. */
  readonly mips: number;
  readonly exits: Readonly<Record<string, number>>;
  readonly state: "running" | "idle" | "paused" | "ended";
  /** With state `ended`. */
  readonly end?: string;
  readonly traceHash?: string;
}

export type FromEngine = Progress | { readonly kind: "failed"; readonly message: string };
