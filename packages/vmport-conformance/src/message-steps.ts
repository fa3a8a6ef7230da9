/** Steps of a message channel, as a guest makes them (open-vm-tools `lib/message/message.c`; iPXE `guestrpc.c`). */

import { call, type Expectation, HIGH_PORT, ONES, PORT, step, variable } from "./author.ts";
import type { Direction, Operand, Step } from "./case.ts";

export const RPCI = 0x4943_5052;
export const TCLO = 0x4f4c_4354;
export const COOKIE = 0x8000_0000;

export const MessageType = {
  Open: 0,
  SendSize: 1,
  SendPayload: 2,
  RecvSize: 3,
  RecvPayload: 4,
  RecvStatus: 5,
  Close: 6,
} as const;

const MESSAGE = 30;
const text = new TextEncoder();
export const bytesOf = (value: string): Uint8Array => text.encode(value);

/** Variables of the channels a case opens, three each. */
export interface Channel {
  readonly id: number;
  readonly cookieHigh: number;
  readonly cookieLow: number;
  readonly withCookie: boolean;
}
export const channel = (number: number, withCookie = true): Channel => ({
  id: number * 3,
  cookieHigh: number * 3 + 1,
  cookieLow: number * 3 + 2,
  withCookie,
});
/** The channel most cases use. */
export const first = channel(0);

/** ECX of a command-30 call that succeeded, high-bandwidth bit or not. */
export const succeeded: Expectation = [{ mask: 0xff7f_ffff, base: { value: 0x0001_0000 }, span: 0, not: false }];
export const FAILED = 0;

interface MessageOptions {
  readonly ebx?: number | Operand;
  readonly direction?: Direction;
  readonly on?: Channel;
  readonly expect?: Partial<Record<"eax" | "ebx" | "ecx" | "edx" | "esi" | "edi", Expectation>>;
  readonly cookie?: { readonly esi: number | Operand; readonly edi: number | Operand };
  readonly size?: 1 | 2 | 4;
  readonly cleanup?: boolean;
}

/** A command-30 call on an open channel. What no guest looks at (EAX, and EBX and EDX where nothing is returned) is left open. */
export function message(type: number, options: MessageOptions = {}): Step {
  const { ebx = 0, on = first, expect = {}, direction = "in", size = 4 } = options;
  const cookie =
    options.cookie ?? (on.withCookie ? { esi: variable(on.cookieHigh), edi: variable(on.cookieLow) } : undefined);
  return step(direction, {
    size,
    ...(options.cleanup === undefined ? {} : { cleanup: options.cleanup }),
    set: {
      ecx: ((type << 16) | MESSAGE) >>> 0,
      ebx,
      edx: { value: PORT, variable: on.id },
      ...cookie,
    },
    expect: {
      ...(direction === "in" ? { eax: "any" as const } : {}),
      ebx: "any",
      edx: "any",
      ecx: succeeded,
      ...expect,
    },
  });
}

/** OPEN with what every guest checks: ECX exactly 0x00010000, the lower half of EDX 0; EAX 0 with `IN` (kato's tool). */
export function open(options: { protocol?: number; on?: Channel; direction?: Direction } = {}): Step {
  const { protocol = RPCI, on = first, direction = "in" } = options;
  return step(direction, {
    set: {
      ecx: MESSAGE,
      ebx: (protocol | (on.withCookie ? COOKIE : 0)) >>> 0,
      edx: PORT,
    },
    expect: {
      ...(direction === "in" ? { eax: 0 } : {}),
      ebx: "any",
      ecx: 0x0001_0000,
      edx: [{ mask: 0xffff, base: { value: 0 }, span: 0, not: false }],
      esi: "any",
      edi: "any",
    },
    capture: {
      edx: { mask: 0xffff_0000, variable: on.id },
      esi: { mask: ONES, variable: on.cookieHigh },
      edi: { mask: ONES, variable: on.cookieLow },
    },
  });
}

export const openRefused = (protocol: number): Step =>
  call(MESSAGE, {
    set: { ebx: protocol >>> 0, edx: PORT },
    expect: { eax: "any", ebx: "any", ecx: FAILED, edx: "any", esi: "any", edi: "any" },
  });

export const sendSize = (length: number, options: MessageOptions = {}): Step =>
  message(MessageType.SendSize, { ebx: length, ...options });

/** Pieces of four bytes, the last padded with zeros. */
export function sendPayload(bytes: Uint8Array, options: MessageOptions = {}): readonly Step[] {
  const steps: Step[] = [];
  for (let at = 0; at < bytes.length; at += 4) {
    const piece = new Uint8Array(4);
    piece.set(bytes.subarray(at, at + 4));
    steps.push(message(MessageType.SendPayload, { ebx: new DataView(piece.buffer).getUint32(0, true), ...options }));
  }
  return steps;
}

export const send = (words: string, options: MessageOptions = {}): readonly Step[] => [
  sendSize(bytesOf(words).length, options),
  ...sendPayload(bytesOf(words), options),
];

/** RECVSIZE with a message of that length waiting: reply id 1 (SENDSIZE) in the upper half of EDX. */
export const recvSize = (length: number, options: MessageOptions = {}): Step =>
  message(MessageType.RecvSize, {
    ...options,
    expect: {
      ebx: length,
      ecx: [{ mask: 0xff7f_ffff, base: { value: 0x0003_0000 }, span: 0, not: false }],
      edx: 0x0001_0000,
      ...options.expect,
    },
  });

/** RECVSIZE with nothing waiting: success without DORECV, and EBX 0, since vmw_backdoor takes it as the length. */
export const recvNothing = (options: MessageOptions = {}): Step =>
  message(MessageType.RecvSize, { ...options, expect: { ebx: 0, ...options.expect } });

/** Each piece answers with reply id 2 (SENDPAYLOAD). Bytes beyond the end are not looked at. */
export function recvPayload(bytes: Uint8Array, options: MessageOptions = {}): readonly Step[] {
  const steps: Step[] = [];
  for (let at = 0; at < bytes.length; at += 4) {
    const piece = new Uint8Array(4);
    const part = bytes.subarray(at, at + 4);
    piece.set(part);
    const mask = part.length === 4 ? ONES : 2 ** (8 * part.length) - 1;
    steps.push(
      message(MessageType.RecvPayload, {
        ebx: 1,
        ...options,
        expect: {
          ebx: [{ mask, base: { value: new DataView(piece.buffer).getUint32(0, true) }, span: 0, not: false }],
          edx: 0x0002_0000,
        },
      }),
    );
  }
  return steps;
}

export const recvStatus = (options: MessageOptions = {}): Step =>
  message(MessageType.RecvStatus, { ebx: 1, ...options });

export const recv = (words: string, options: MessageOptions = {}): readonly Step[] => [
  recvSize(bytesOf(words).length, options),
  ...recvPayload(bytesOf(words), options),
  recvStatus(options),
];

export const close = (options: MessageOptions = {}): Step => message(MessageType.Close, { cleanup: true, ...options });

/** One question and its answer. */
export const ask = (request: string, reply: string, options: MessageOptions = {}): readonly Step[] => [
  ...send(request, options),
  ...recv(reply, options),
];

const HIGH_OK = 0x0001_0000;

/** What a string instruction leaves: no bytes to go; the pointer is an address, and not looked at. */
const afterString = (direction: Direction): Partial<Record<"ecx" | "esi" | "edi", Expectation>> =>
  direction === "out" ? { ecx: 0, esi: "any" } : { ecx: 0, edi: "any" };

/** `REP OUTSB` of these bytes: cookie high half in EBP, low half in EDI. EBX must be exactly 0x00010000. */
export const highOut = (
  bytes: Uint8Array,
  { on = first, status = HIGH_OK }: { on?: Channel; status?: Expectation } = {},
): Step =>
  step("out", {
    kind: "string",
    port: HIGH_PORT,
    size: 1,
    data: bytes,
    set: {
      ebx: 0x0001_0000,
      ecx: bytes.length,
      edx: { value: HIGH_PORT, variable: on.id },
      ebp: variable(on.cookieHigh),
      edi: variable(on.cookieLow),
    },
    expect: { eax: "any", ebx: status, edx: "any", ...afterString("out") },
  });

/** `REP INSB` that must bring these bytes: cookie high half in ESI, low half in EBP. */
export const highIn = (bytes: Uint8Array, { on = first }: { on?: Channel } = {}): Step =>
  step("in", {
    kind: "string",
    port: HIGH_PORT,
    size: 1,
    data: bytes,
    set: {
      ebx: 0x0001_0000,
      ecx: bytes.length,
      edx: { value: HIGH_PORT, variable: on.id },
      esi: variable(on.cookieHigh),
      ebp: variable(on.cookieLow),
    },
    expect: { eax: "any", ebx: HIGH_OK, edx: "any", ...afterString("in") },
  });
