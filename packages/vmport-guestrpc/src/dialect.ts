/**
 * Where hosts of the message channel disagree, as data. What a guest of today needs is `vmwareDialect`; the other one is history, kept for
 * those who test against it.
 *
 * Sources: open-vm-tools `lib/message/message.c`, `lib/include/vmware/guestrpc/tclodefs.h`; for Xen D. Slutz, QEMU `hw/misc/vmport_rpc.c`
 * (the successor of his Xen code of v6, whose own text was never archived).
 */
import { fail, ok, type RpciReply, UNKNOWN_COMMAND } from "./rpci.ts";

export interface GuestrpcDialect {
  readonly name: string;
  /** Channels per machine. */
  readonly maxChannels: number;
  /** Bits 15:0 of ECX, and of EDX where bits 31:16 carry a result, stay as the guest made them; VMware clears them. */
  readonly keepsLowHalves: boolean;
  /** `asked`: 64 random bits, if OPEN had the flag. `counter`: always, a number that counts opens from 0, 16 bits a register. */
  readonly cookies: "asked" | "counter";
  /** A step on a channel that is not open, or with a wrong cookie: ECX 0, or as the guest made it, which may look like success. */
  readonly badChannel: "fail" | "unchanged";
  /** What a verb that nobody knows is answered. */
  readonly unknownVerb: RpciReply;
  /** Fixed replies count the NUL behind them. */
  readonly countsNul: boolean;
  /** Verbs served; `undefined`: all there are. */
  readonly verbs: readonly string[] | undefined;
  /** The high-bandwidth port exists. */
  readonly highBandwidth: boolean;
}

export const vmwareDialect: GuestrpcDialect = {
  name: "vmware",
  maxChannels: 128,
  keepsLowHalves: false,
  cookies: "asked",
  badChannel: "fail",
  unknownVerb: UNKNOWN_COMMAND,
  countsNul: false,
  verbs: undefined,
  highBandwidth: true,
};

/** The Xen series of 2014, up to v6. */
export const xenV6Dialect: GuestrpcDialect = {
  name: "xen-v6",
  maxChannels: 8,
  keepsLowHalves: true,
  cookies: "counter",
  badChannel: "unchanged",
  unknownVerb: ok(),
  countsNul: true,
  verbs: ["info-get", "info-set", "log", "SetGuestInfo"],
  highBandwidth: false,
};

export const dialects: readonly GuestrpcDialect[] = [vmwareDialect, xenV6Dialect];

/** Replies whose text is the same every time: those that Xen's code kept as C strings. */
export function isFixedReply(reply: RpciReply): boolean {
  return typeof reply.payload === "string";
}

/** The reply as the dialect puts it on the wire, behind its "1 " or "0 ". */
export const withNul = (reply: RpciReply): RpciReply =>
  isFixedReply(reply) ? (reply.ok ? ok(`${reply.payload as string}\0`) : fail(`${reply.payload as string}\0`)) : reply;
