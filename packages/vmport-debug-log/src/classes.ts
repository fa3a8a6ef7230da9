/**
 * What can be logged, one row a class. The option, its name and the names `trace`, `after` and `error` are the series';
 * their bit values are not recorded anywhere, so the numbers are ours. Review of the series found the bits far too fine
 * grained: eight remain, and older names lead to the class that swallowed them.
 *
 * Sources: D. Slutz, "Xen VMware tools support" v6 04/16 (VMPORT_LOG_TRACE, _VMWARE_AFTER, _ERROR), change log v3.
 */
export interface LogClassRow {
  readonly name: string;
  /** Bit number in the mask. */
  readonly bit: number;
  /** `series`: the class is named in the posted patch. `recalled`: it existed, its exact name is uncertain. `ours`: neither. */
  readonly origin: "series" | "recalled" | "ours";
  /** Accepted spellings of the option beside `name`. */
  readonly aliases: readonly string[];
  readonly what: string;
}

export const logClasses = [
  { name: "trace", bit: 0, origin: "series", aliases: [], what: "every access on entry, with six registers" },
  {
    name: "error",
    bit: 1,
    origin: "series",
    aliases: [],
    what: "unknown commands, and accesses that carry no magic",
  },
  { name: "after", bit: 2, origin: "series", aliases: ["vmware_after"], what: "every access after the command ran" },
  {
    name: "gp",
    bit: 3,
    origin: "recalled",
    aliases: ["gp_unknown", "gp_not_vmware"],
    what: "what the ring-3 #GP check made of a fault",
  },
  { name: "recv", bit: 4, origin: "recalled", aliases: [], what: "messages the guest receives" },
  { name: "send", bit: 5, origin: "recalled", aliases: ["skip_send"], what: "messages the guest sends" },
  {
    name: "channel",
    bit: 6,
    origin: "recalled",
    aliases: ["sweep", "ping"],
    what: "channels opened, closed, reset, swept",
  },
  { name: "rpc", bit: 7, origin: "ours", aliases: [], what: "calls understood: verb, argument, answer" },
] as const satisfies readonly LogClassRow[];

export type LogClass = (typeof logClasses)[number]["name"];

/** Class name → its mask: `LogMask.trace === 1`. */
export const LogMask: Readonly<Record<LogClass, number>> = {
  trace: 1 << 0,
  error: 1 << 1,
  after: 1 << 2,
  gp: 1 << 3,
  recv: 1 << 4,
  send: 1 << 5,
  channel: 1 << 6,
  rpc: 1 << 7,
};

/** Every class. */
export const ALL_CLASSES = 0xff;
