/** Flags that every command which makes a machine takes, and their way into the one configuration. */
import { readFileSync } from "node:fs";
import { type MachineConfig, personalityNames } from "hvm-machine";
import { parseVmportDebug } from "vmport-debug-log";
import { CliError, ExitCode } from "./exit-codes.ts";
import type { FlagTable, FlagValues } from "./flags.ts";

export const machineFlags = {
  "vmware-port": {
    kind: "boolean",
    aliases: ["vmware_port"],
    help: "the guest finds VMware's port 0x5658 (default: on when --vmware-hw is not 0)",
  },
  "vmware-hw": {
    kind: "number",
    value: "N",
    range: [0, 21],
    aliases: ["vmware_hw", "vmware-hwver", "vmware_hwver"],
    help: "VMware hardware version; from 7 on CPUID shows VMware (default 11)",
  },
  personality: { kind: "text", value: "NAME", help: `whose backdoor: ${personalityNames.join(", ")} (default vmware)` },
  guestinfo: {
    kind: "pairs",
    value: "KEY=VALUE",
    help: "a guestinfo.* variable, again for more; KEY=@FILE takes the file's bytes",
  },
  "guestinfo-out": { kind: "text", value: "FILE", help: "write what the guest set, as JSON" },
  "machine-id": { kind: "text", value: "TEXT", help: "what the guest reads by machine.id.get" },
  removable: {
    kind: "pairs",
    value: "NAME=0|1",
    help: "a removable device of that name, connected (1) or not, again for more",
  },
  "vmware-hypercall": {
    kind: "text",
    value: "none|vmcall|vmmcall|both",
    help: "instruction that serves the backdoor beside the port (default none)",
  },
  "vmport-debug": {
    kind: "text",
    value: "MASK",
    aliases: ["vmport_debug"],
    help: "log backdoor accesses, Xen's way: all, names (trace,error,after,gp,recv,send…) or a number",
  },
  trace: {
    kind: "text",
    value: "FILE",
    help: "record every backdoor access, message and call in FILE; `hvm trace FILE` shows it",
  },
  redact: { kind: "switch", help: "hide userdata, passwords and their kin in log and trace" },
  memory: {
    kind: "number",
    value: "MIB",
    range: [1, 3072],
    units: "mib",
    aliases: ["m"],
    help: "RAM in MiB (G understood)",
  },
  tier: { kind: "number", value: "0|1", range: [0, 1], help: "engine: 0 plain TypeScript, 1 WebAssembly (default)" },
  cpuid: {
    kind: "pairs",
    value: "FEATURE=0|1",
    help: "a CPU feature shown (1) beyond x86-64-v2 or hidden (0), named as x86-decode does: aes, bmi2, sse4-2 …; again for more",
  },
  "tsc-khz": {
    kind: "number",
    value: "N",
    range: [1000, 0xffff_ffff],
    help: "time-stamp counter frequency (default 2600000)",
  },
  "start-time": { kind: "text", value: "ISO", help: "wall-clock time at power-on (default 2026-01-01T00:00:00Z)" },
  seed: { kind: "number", value: "N", range: [0, 0xffff_ffff], help: "seed of all randomness in the machine" },
  "max-insns": { kind: "number", value: "N", help: "stop after N instructions (k, M, G understood)" },
  timeout: { kind: "number", value: "S", help: "stop after S seconds of the host's time" },
  json: { kind: "switch", help: "one machine-readable report on standard output instead of everything else" },
  help: { kind: "switch", aliases: ["h"], help: "this text" },
} as const satisfies FlagTable;

/** A file's bytes. @throws CliError */
export function readInput(path: string, what: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why =
      code === "ENOENT"
        ? "no such file"
        : code === "EISDIR"
          ? "a directory, not a file"
          : code === "EACCES"
            ? "no permission to read it"
            : String(code);
    throw new CliError(ExitCode.NoInput, `${what} ${path}: ${why}`, "check the path");
  }
}

const DEFAULT_HARDWARE = 11;
const HYPERCALLS = ["none", "vmcall", "vmmcall", "both"] as const;

/** @throws CliError naming the flag */
export function machineConfig(
  command: string,
  flags: FlagValues<typeof machineFlags>,
  defaults: { readonly memory: number },
): MachineConfig {
  const wrong = (flag: string, message: string): CliError =>
    new CliError(ExitCode.Usage, `--${flag}: ${message}`, `\`hvm ${command} --help\` lists what it takes`);
  const { personality } = flags;
  if (personality !== undefined && !personalityNames.includes(personality))
    throw wrong("personality", `one of ${personalityNames.join(", ")} expected, found ${JSON.stringify(personality)}`);
  const debug = flags["vmport-debug"];
  const mask = debug === undefined ? undefined : parseVmportDebug(debug);
  if (mask && !mask.ok) throw wrong("vmport-debug", mask.error.message.replace(/^vmport_debug: /, ""));
  const start = flags["start-time"];
  const startMs = start === undefined ? undefined : Date.parse(start);
  if (startMs !== undefined && Number.isNaN(startMs))
    throw wrong("start-time", `a time like 2026-01-01T00:00:00Z expected, found ${JSON.stringify(start)}`);
  const guestinfo: Record<string, string | Uint8Array> = {};
  for (const [key, value] of flags.guestinfo ?? [])
    guestinfo[key.replace(/^guestinfo\./i, "")] = value.startsWith("@")
      ? readInput(value.slice(1), `--guestinfo ${key}:`)
      : value;
  const vmwarePort = flags["vmware-port"];
  const hypercall = flags["vmware-hypercall"];
  if (hypercall !== undefined && !(HYPERCALLS as readonly string[]).includes(hypercall))
    throw wrong("vmware-hypercall", `one of ${HYPERCALLS.join(", ")} expected, found ${JSON.stringify(hypercall)}`);
  const removable = (flags.removable ?? []).map(([name, state], index) => {
    if (state !== "0" && state !== "1")
      throw wrong("removable", `${name}=0 or ${name}=1 expected, found ${name}=${state}`);
    return { name, uniqueId: index + 1, connected: state === "1" };
  });
  const features = flags.cpuid ?? [];
  for (const [name, state] of features)
    if (state !== "0" && state !== "1") throw wrong("cpuid", `${name}=0 or ${name}=1 expected, found ${name}=${state}`);
  const named = (wanted: string): string[] => features.filter(([, state]) => state === wanted).map(([name]) => name);
  return {
    ...(features.length === 0 ? {} : { cpuid: { enable: named("1"), mask: named("0") } }),
    memory: flags.memory ?? defaults.memory,
    vmwareHw: flags["vmware-hw"] ?? DEFAULT_HARDWARE,
    guestinfo,
    removableDevices: removable,
    ...(vmwarePort === undefined ? {} : { vmwarePort }),
    ...(flags["machine-id"] === undefined ? {} : { machineId: flags["machine-id"] }),
    ...(hypercall === undefined ? {} : { vmwareHypercall: hypercall as (typeof HYPERCALLS)[number] }),
    ...(personality === undefined ? {} : { personality }),
    ...(mask?.ok ? { vmportDebug: mask.mask } : {}),
    ...(startMs === undefined ? {} : { startTimeNs: BigInt(startMs) * 1_000_000n }),
    ...(flags.tier === undefined ? {} : { tier: flags.tier as 0 | 1 }),
    ...(flags["tsc-khz"] === undefined ? {} : { tscKhz: flags["tsc-khz"] }),
    ...(flags.seed === undefined ? {} : { seed: flags.seed }),
  };
}
