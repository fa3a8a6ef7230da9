import type { GuestinfoStore } from "./guestinfo-store.ts";
import type { GuestStatistics } from "./statistics.ts";
import { cutAtNul, decodeText } from "./text.ts";
import type { ToolsState } from "./tools-state.ts";

/** What an RPCI verb answers: on the wire "1 " or "0 ", then the payload. */
export interface RpciReply {
  readonly ok: boolean;
  readonly payload: string | Uint8Array;
}

export const ok = (payload: string | Uint8Array = ""): RpciReply => ({ ok: true, payload });
export const fail = (payload: string): RpciReply => ({ ok: false, payload });

/** The answer to a verb nobody knows. */
export const UNKNOWN_COMMAND: RpciReply = { ok: false, payload: "Unknown command" };
/** The answer to a verb the host's policy forbids. */
export const PERMISSION_DENIED: RpciReply = { ok: false, payload: "Permission denied" };

/** One request. */
export class RpciCall {
  readonly channel: number;
  readonly verb: string;
  /** Everything after the verb and one blank, NULs included. */
  readonly rawArgument: Uint8Array;

  constructor(channel: number, verb: string, rawArgument: Uint8Array) {
    this.channel = channel;
    this.verb = verb;
    this.rawArgument = rawArgument;
  }

  /** The argument up to the first NUL. */
  get argumentBytes(): Uint8Array {
    return cutAtNul(this.rawArgument);
  }

  /** The same as text. */
  get argument(): string {
    return decodeText(this.argumentBytes);
  }

  /** Arguments separated by blanks. */
  get words(): string[] {
    return this.argument.split(" ").filter((word) => word !== "");
  }
}

/** What a verb may use. */
export interface RpciEnvironment {
  readonly guestinfo: GuestinfoStore;
  readonly tools: ToolsState;
  readonly host: GuestrpcHost & { readonly timeSync: { enabled: boolean } };
  /** Queues a command on every TCLO channel, as hosts echo some settings. */
  readonly sendTclo: (command: string) => void;
}

/** What the verbs ask of the machine. Each part may be left out; its verbs then answer as a host that lacks the feature. */
export interface GuestrpcHost {
  /** `machine.id`, set in the .vmx of old installations. */
  readonly machineId?: string;
  /** A line the guest wants in the host's log. */
  log?(text: string): void;
  /**
   * Whether tools should keep the guest's clock in step with the host's; set by the guest. Pass the same object to the backdoor's host, whose
   * GUI options show it. Left out: the setting is kept here.
   */
  readonly timeSync?: { enabled: boolean };
  /** Left out: `guestlib.info.get` is unknown, as on hosts where it is switched off. */
  readonly statistics?: GuestStatistics;
}

/** One verb. */
export interface RpciCommand {
  /** First word of the request; one that ends in `*` stands for every verb with that beginning. */
  readonly verb: string;
  /** Must not throw, whatever the argument holds. */
  handle(call: RpciCall, environment: RpciEnvironment): RpciReply;
}
