/** Flags that every command which makes a machine takes. */
import type { MachineConfig } from "hvm-machine";
import type { FlagTable, FlagValues } from "./flags.ts";
import { domainConfig } from "./machine-settings.ts";
import { domainFlags, settingWords } from "./setting-flags.ts";
import { settingsFromFlags } from "./settings-source.ts";

/** What a run is limited to, and what it leaves behind. */
export const sessionFlags = {
  "guestinfo-out": { kind: "text", value: "FILE", help: "write what the guest set, as JSON" },
  trace: {
    kind: "text",
    value: "FILE",
    help: "record every backdoor access, message and call in FILE; `hvm trace FILE` shows it",
  },
  redact: { kind: "switch", help: "hide userdata, passwords and their kin in log and trace" },
  "max-insns": { kind: "number", value: "N", help: "stop after N instructions (k, M, G understood)" },
  timeout: { kind: "number", value: "S", help: "stop after S seconds of the host's time" },
  json: { kind: "switch", help: "one machine-readable report on standard output instead of everything else" },
  help: { kind: "switch", aliases: ["h"], help: "this text" },
} as const satisfies FlagTable;

/** Of a domain that runs a program or boots. */
export const machineFlags = { ...domainFlags, ...sessionFlags } as const satisfies FlagTable;

/** What VMware's guests expect where nobody says anything. */
export const DEFAULT_HARDWARE = 11;

/** The configuration that flags ask for. @throws CliError naming the flag */
export function machineConfig(
  command: string,
  flags: FlagValues<typeof machineFlags>,
  defaults: { readonly memory: number },
): MachineConfig {
  return domainConfig(settingsFromFlags(command, settingWords(flags)), {
    memory: defaults.memory,
    vmwareHw: DEFAULT_HARDWARE,
  });
}
