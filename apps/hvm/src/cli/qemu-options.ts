/**
 * QEMU's command line as a second spelling of ours: one row an option. What cannot be is refused with the reason; what changes nothing
 * is said so on standard error.
 *
 * Source: QEMU `qemu-options.hx`.
 */
import { nearestWord } from "xl-config";
import { CliError, ExitCode } from "./exit-codes.ts";

interface Translation {
  readonly args: readonly string[];
  /** For the person: what of it has no effect. */
  readonly note?: string;
}

/** Says why an option cannot be: a message. */
class Refusal {
  readonly reason: string;
  constructor(reason: string) {
    this.reason = reason;
  }
}

type Answer = Translation | Refusal;
/** Takes the option's value; options without one are given "". */
interface QemuOption {
  readonly takesValue: boolean;
  readonly translate: (value: string) => Answer;
}

const nothing: Translation = { args: [] };
const as = (...args: string[]): Translation => ({ args });
const without = (note: string): Translation => ({ args: [], note });

const alone = (answer: Answer): QemuOption => ({ takesValue: false, translate: () => answer });
const valued = (translate: (value: string) => Answer): QemuOption => ({ takesValue: true, translate });
const flag = (name: string): QemuOption => valued((value) => as(`--${name}=${value}`));
const words = (known: Readonly<Record<string, Answer>>, otherwise: (value: string) => Answer): QemuOption =>
  valued((value) => (Object.hasOwn(known, value) ? known[value]! : otherwise(value)));

/** `a=b,c=d`: keys and values; a word without `=` stands under "". A doubled comma is a comma. */
function properties(text: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const part of text.replaceAll(",,", "\0").split(",")) {
    const at = part.indexOf("=");
    const value = part.slice(at + 1).replaceAll("\0", ",");
    if (part !== "") found.set(at < 0 ? "" : part.slice(0, at), value);
  }
  return found;
}

const isOn = (value: string | undefined): boolean => value === "on" || value === "yes" || value === "true";

function drive(text: string): Answer {
  const options = properties(text);
  const file = options.get("file");
  const bus = options.get("if") ?? "virtio";
  const format = options.get("format") ?? "raw";
  if (file === undefined) return new Refusal("file=IMAGE expected");
  if (bus !== "virtio" && bus !== "none") return new Refusal(`if=${bus}: this machine's disks are virtio (if=virtio)`);
  if (bus === "none") return new Refusal("if=none: -device cannot take it; say if=virtio");
  if (format !== "raw")
    return new Refusal(`format=${format}: raw expected; qemu-img convert -O raw ${file} FILE makes one`);
  const isReadOnly = isOn(options.get("readonly")) || options.get("media") === "cdrom";
  const access = isReadOnly ? "ro" : options.get("snapshot") === "off" ? "rw" : "snapshot";
  return as(`--disk=${file},${access}`);
}

const ideDisk = (access: string): QemuOption =>
  valued((file) => ({ args: [`--disk=${file},${access}`], note: "it is a virtio disk: /dev/vda and so on in Linux" }));

function machine(text: string): Answer {
  const options = properties(text);
  const port = options.get("vmport");
  return {
    args: port === undefined || port === "auto" ? [] : [`--vmware-port=${isOn(port) ? 1 : 0}`],
    note: "there is one board: a PC with PCI",
  };
}

const XEN_FEATURES = /^[+-]?([a-z0-9_.-]+)(?:=(on|off))?$/;

function cpu(text: string): Answer {
  const [model, ...features] = text.split(",");
  const args: string[] = [];
  for (const feature of features) {
    const [, name, state] = XEN_FEATURES.exec(feature) ?? [];
    if (name === undefined)
      return new Refusal(`${JSON.stringify(feature)}: +FEATURE, -FEATURE or FEATURE=on|off expected`);
    const enabled = state === undefined ? !feature.startsWith("-") : state === "on";
    args.push(`--cpuid=${name.replace(/[._]/g, "-")}=${enabled ? 1 : 0}`);
  }
  return { args, note: `${model}: the processor is always x86-64-v2 with what --cpuid adds` };
}

const NETWORK_NOTE = "nothing is at the other end of the network cable";
const networkCard = (options: ReadonlyMap<string, string>): Translation => {
  const mac = options.get("mac") ?? options.get("macaddr");
  return { args: [`--vif=${mac === undefined ? "" : `mac=${mac}`}`], note: NETWORK_NOTE };
};

const devices: Readonly<Record<string, (options: ReadonlyMap<string, string>) => Answer>> = {
  "isa-debug-exit": (options) =>
    Number(options.get("iobase") ?? 0x501) === 0xf4
      ? nothing
      : new Refusal("iobase=0xf4 expected: it is always there, on that port"),
  "virtio-rng-pci": () => nothing,
  "virtio-net-pci": networkCard,
  "virtio-serial-pci": () => nothing,
  "virtio-serial": () => nothing,
  virtconsole: () => as("--virtio-console"),
  VGA: () => as("--vga=stdvga"),
  "virtio-blk-pci": () => new Refusal("say -drive file=IMAGE,if=virtio,format=raw"),
};

const SERIAL_SOCKET = /^unix:([^,]+)/;

function serial(value: string): Answer {
  if (value.startsWith("mon:"))
    return { args: [`--serial=${value.slice(4)}`], note: "there is no monitor; Ctrl-] leaves" };
  if (SERIAL_SOCKET.test(value)) return as(`--serial=unix:${SERIAL_SOCKET.exec(value)![1]}`);
  if (/^(?:tcp|udp|telnet|websocket|chardev|vc|msmouse|braille|pipe|COM)/.test(value))
    return new Refusal(`${value}: stdio, none, file:PATH, unix:PATH or pty expected`);
  return as(`--serial=${value}`);
}

const noMonitor = words({ none: nothing, null: nothing }, () => new Refusal("there is no monitor; say none"));
const noDebugger = new Refusal(
  "there is no debugger's port; --calls, --vmport-debug and --trace show what a guest does",
);
const simulated = without("the processor is simulated, always");

export const qemuOptions: Readonly<Record<string, QemuOption>> = {
  kernel: flag("kernel"),
  initrd: flag("initrd"),
  append: flag("append"),
  m: valued((value) => as(`--memory=${properties(value).get("size") ?? properties(value).get("") ?? value}`)),
  smp: valued((value) => as(`--vcpus=${properties(value).get("cpus") ?? properties(value).get("") ?? value}`)),
  drive: valued(drive),
  hda: ideDisk("snapshot"),
  hdb: ideDisk("snapshot"),
  hdc: ideDisk("snapshot"),
  hdd: ideDisk("snapshot"),
  cdrom: ideDisk("ro"),
  // Every disk without `rw` is one.
  snapshot: alone(nothing),
  serial: valued(serial),
  nographic: alone(nothing),
  display: words(
    { none: nothing, "egl-headless": nothing },
    (value) => new Refusal(`${value}: there is no window; --vga=stdvga --screenshot=FILE.png takes a picture`),
  ),
  vga: words(
    { none: as("--vga=none"), std: as("--vga=stdvga") },
    (value) => new Refusal(`${value}: std or none expected`),
  ),
  bios: flag("bios"),
  "option-rom": valued((value) => as(`--option-rom=${properties(value).get("file") ?? properties(value).get("")}`)),
  boot: valued((value) => {
    const options = properties(value);
    const order = options.get("order") ?? options.get("");
    return order === undefined ? without("there is no boot menu") : as(`--boot=${order}`);
  }),
  fw_cfg: valued((value) => {
    // The text may hold commas: it is the rest.
    const [, name, kind, content] = /^(?:name=)?([^,]+),(string|file)=(.*)$/s.exec(value) ?? [];
    if (name === undefined || content === undefined)
      return new Refusal("name=NAME,string=TEXT or name=NAME,file=FILE expected");
    return as(`--fw-cfg=${name}=${kind === "file" ? `@${content}` : content.replace(/^@/, "@@")}`);
  }),
  device: valued((value) => {
    const options = properties(value);
    const name = options.get("") ?? options.get("driver") ?? "";
    const known = Object.hasOwn(devices, name) ? devices[name] : undefined;
    return known?.(options) ?? new Refusal(`${name}: one of ${Object.keys(devices).join(", ")} expected`);
  }),
  netdev: valued(() => without(NETWORK_NOTE)),
  nic: words({ none: nothing }, (value) => networkCard(properties(value))),
  net: words({ none: nothing }, () => new Refusal("say -nic user,model=virtio or -nic none")),
  name: valued((value) => as(`--name=${properties(value).get("guest") ?? properties(value).get("")}`)),
  uuid: flag("uuid"),
  rtc: valued((value) => {
    const base = properties(value).get("base") ?? "utc";
    return base === "utc" || base === "localtime"
      ? without("the clock starts at --start-time, so that runs repeat")
      : as(`--start-time=${base}`);
  }),
  seed: flag("seed"),
  "no-reboot": alone(as("--on-reboot=destroy")),
  "no-shutdown": alone(new Refusal("a machine that is off is gone; the run ends")),
  "no-acpi": alone(as("--acpi=0")),
  "no-hpet": alone(as("--hpet=0")),
  machine: valued(machine),
  M: valued(machine),
  cpu: valued(cpu),
  accel: valued(() => simulated),
  "enable-kvm": alone(simulated),
  icount: valued(() => without("instructions are always counted, and time follows from them")),
  nodefaults: alone(nothing),
  "no-user-config": alone(nothing),
  monitor: noMonitor,
  qmp: noMonitor,
  parallel: words({ none: nothing }, () => new Refusal("there is no parallel port; say none")),
  gdb: valued(() => noDebugger),
  s: alone(noDebugger),
  S: alone(noDebugger),
  d: valued(() => noDebugger),
  D: valued(() => noDebugger),
  smbios: valued(() => new Refusal("SMBIOS' tables follow from the settings: --uuid, --vmware-hw")),
  daemonize: alone(new Refusal("put it into the background by the shell: &")),
};

export interface Translated {
  readonly args: readonly string[];
  readonly notes: readonly string[];
}

/**
 * QEMU's options in `args` as ours; everything else stays. One dash is QEMU's way, two are ours where we have that name.
 * `own`: our flags' names, and whether the next word is their value. @throws CliError for an option of one dash that neither knows,
 * and for what cannot be
 */
export function translateQemu(command: string, args: readonly string[], own: ReadonlyMap<string, boolean>): Translated {
  const result: string[] = [];
  const notes: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (arg === "--") {
      result.push(...args.slice(i));
      break;
    }
    const [, dashes, name = ""] = /^(--?)([A-Za-z][\w-]*)/.exec(arg) ?? [];
    const isQemus =
      dashes !== undefined &&
      Object.hasOwn(qemuOptions, name) &&
      (dashes === "-" ? !arg.includes("=") : !own.has(name));
    if (!isQemus) {
      if (dashes === "-" && !own.has(name)) throw unknownOption(command, name);
      result.push(arg);
      // A flag's value is nobody's option, however it begins.
      if (dashes !== undefined && own.get(name) && !arg.includes("=") && i + 1 < args.length) result.push(args[++i]!);
      continue;
    }
    const { takesValue, translate } = qemuOptions[name]!;
    const value = takesValue ? args[++i] : "";
    if (value === undefined) throw refused(command, name, "it needs a value");
    const answer = translate(value);
    if (answer instanceof Refusal) throw refused(command, name, answer.reason);
    result.push(...answer.args);
    if (answer.note !== undefined) notes.push(`-${name}: ${answer.note}`);
  }
  return { args: result, notes };
}

const refused = (command: string, name: string, reason: string): CliError =>
  new CliError(ExitCode.Usage, `-${name}: ${reason}`, `\`hvm ${command} --help\` lists what it takes`);

function unknownOption(command: string, name: string): CliError {
  const known = Object.keys(qemuOptions);
  const near = nearestWord(name, known);
  return new CliError(
    ExitCode.Usage,
    `unknown option -${name}${near ? `; did you mean -${near}?` : ""}`,
    `of QEMU's options there are ${known.map((option) => `-${option}`).join(" ")}; \`hvm ${command} --help\` lists ours`,
  );
}
