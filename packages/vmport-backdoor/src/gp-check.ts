/**
 * What became of a #GP(0) that may be a ring-3 access to the backdoor: fetches the instruction once, decodes the few forms there
 * are, and says what to do. It runs nothing and knows no vcpu.
 *
 * Sources: D. Slutz, "Xen VMware tools support" v3–v6 (vmport_gp_check: result codes, one-time fetch, 15 bytes on SVM) and its
 * review (early return instead of an assertion); Intel SDM vol. 2 (INS/OUTS, prefixes, 15-byte limit).
 */
import type { IoDirection, IoSize } from "portio-bus";
import { BDOOR_MAGIC, BDOOR_PORT, BDOORHB_PORT } from "./protocol/constants.ts";
import { type BackdoorRegisters, Register } from "./registers.ts";

/** The longest instruction there is. */
export const MAX_INST_LEN = 15;

const PAGE_BYTES = 0x1000;
/** Of `GpCheckRequest.words`. */
const EAX = Register.Eax * 2;
const EDX = Register.Edx * 2;

export type GpCheckCode = "handled" | "not-enabled" | "fetch-error-1" | "fetch-error-2" | "bad-opcode" | "bad-state";

/** The series' numbers for these codes; they must not meet Xen's own 0..3, of which OKAY says handled. */
export const gpCheckNumbers: Readonly<Record<GpCheckCode, number>> = {
  handled: 0,
  "not-enabled": 10,
  "fetch-error-1": 11,
  "fetch-error-2": 12,
  "bad-opcode": 13,
  "bad-state": 14,
};

export interface GpCheckRequest {
  /** The domain was created with `vmware_port`. If not, the answer is `not-enabled`: no assertion, no fetch. */
  readonly enabled: boolean;
  /** Error code of the exception. Only #GP(0) can come from an I/O permission. */
  readonly errorCode: number;
  readonly registers: Pick<BackdoorRegisters, "readRegister32">;
  /** The same as words, where the host has them: see {@link BackdoorRegisters}. */
  readonly words?: Uint32Array | undefined;
  readonly rip: bigint;
  /** For the log only. Default 0. */
  readonly vcpuId?: number;
  /** Base of CS; ignored in 64-bit code. */
  readonly csBase: bigint;
  /** Default operand size of the code segment; 64 for 64-bit mode. */
  readonly codeBits: 16 | 32 | 64;
  /** As the processor reports it (VMX); leave out where it does not (SVM). */
  readonly instructionLength?: number | undefined;
  /**
   * Instruction bytes at a linear address, all in one page, or `undefined` if they cannot be fetched. Called once for the page
   * RIP is in and, only when the instruction reaches into the next, once more: no byte is read twice. What follows the first `length` bytes
   * is not looked at, and the array may be used again by the next call.
   */
  readonly fetch: (linear: bigint, length: number) => Uint8Array | undefined;
  /**
   * Where the caller has them already: `codeLength` bytes at RIP, all in its page, at least those that `fetch` would be asked for first. The
   * check then begins with them.
   */
  readonly code?: Uint8Array | undefined;
  readonly codeLength?: number | undefined;
  /** The byte at RIP, where the caller has at least that; else −1, the default. With `words`, one-byte instructions are not fetched then. */
  readonly firstByte?: number;
  /** Whether the high-bandwidth port is served; default true. If not, a #GP on 0x5659 is the guest's. */
  readonly highBandwidth?: boolean;
  /** Take every port instruction on the two ports, magic or not, string or not; default false. KVM does. */
  readonly anyAccess?: boolean;
}

export interface GpCheckHandled {
  readonly code: "handled";
  /** Bytes to move RIP by. */
  readonly length: number;
  readonly direction: IoDirection;
  readonly port: number;
  readonly size: IoSize;
  /** Present for INS and OUTS. */
  readonly string?: {
    readonly rep: boolean;
    readonly addressBits: 16 | 32 | 64;
    /** Segment override of OUTS; `undefined` is DS. INS always uses ES. */
    readonly segment: "es" | "cs" | "ss" | "ds" | "fs" | "gs" | undefined;
  };
}

export interface GpCheckRefused {
  readonly code: Exclude<GpCheckCode, "handled">;
}

/** Anything but `handled` means: give the guest its original #GP with its original error code. */
export type GpCheckResult = GpCheckHandled | GpCheckRefused;

const refused: Readonly<Record<GpCheckRefused["code"], GpCheckRefused>> = {
  "not-enabled": { code: "not-enabled" },
  "fetch-error-1": { code: "fetch-error-1" },
  "fetch-error-2": { code: "fetch-error-2" },
  "bad-opcode": { code: "bad-opcode" },
  "bad-state": { code: "bad-state" },
};

export function gpCheck(request: GpCheckRequest): GpCheckResult {
  const { enabled, highBandwidth = true, anyAccess = false } = request;
  return checkFirstByte(request) ?? checkGp(request, enabled, highBandwidth, anyAccess);
}

/** What nearly every caller has: one byte, which is at hand. undefined: look closer. */
export function checkFirstByte(request: GpCheckRequest): GpCheckHandled | undefined {
  const { words, firstByte = -1 } = request;
  const isPlain =
    words !== undefined &&
    (firstByte & ~PLAIN_FORM) === PLAIN_OPCODES &&
    words[EAX] === BDOOR_MAGIC &&
    ((words[EDX] as number) & 0xffff) === BDOOR_PORT &&
    request.enabled === true &&
    request.errorCode === 0 &&
    request.instructionLength === undefined;
  if (!isPlain) return undefined;
  return (request.codeBits === 16 ? plain16 : plain32)[firstByte & PLAIN_FORM];
}

/** All but `checkFirstByte`, with other words than the request's own. */
export function checkGp(
  request: GpCheckRequest,
  enabled: boolean,
  highBandwidth: boolean,
  anyAccess: boolean,
): GpCheckResult {
  if (!enabled) return refused["not-enabled"];
  const { registers, instructionLength } = request;
  const limit = instructionLength ?? MAX_INST_LEN;
  if (request.errorCode !== 0 || !Number.isInteger(limit) || limit < 1 || limit > MAX_INST_LEN) {
    return refused["bad-state"];
  }
  const port = registers.readRegister32(Register.Edx) & 0xffff;
  if (port !== BDOOR_PORT && port !== BDOORHB_PORT) return refused["bad-state"];
  const reader = new InstructionReader(request, limit);
  if (anyAccess) return decode(reader, request.codeBits, port, "any");
  if (registers.readRegister32(Register.Eax) >>> 0 !== BDOOR_MAGIC) return refused["bad-state"];
  if (port === BDOOR_PORT) return decodePlain(reader, request.codeBits);
  return highBandwidth ? decode(reader, request.codeBits, port, "string") : refused["bad-state"];
}

/** Hands out instruction bytes one by one, fetching each page part once. */
class InstructionReader {
  used = 0;
  error: "fetch-error-1" | "fetch-error-2" | undefined;
  readonly #request: GpCheckRequest;
  readonly #limit: number;
  #bytes: Uint8Array | undefined;
  /** Numbers of bytes of the instruction that lie before `#bytes`, and before the end of them. */
  #before = 0;
  #fetched = 0;

  constructor(request: GpCheckRequest, limit: number) {
    this.#request = request;
    this.#limit = limit;
    const { codeLength = 0 } = request;
    if (codeLength > 0) {
      this.#bytes = request.code;
      this.#fetched = Math.min(limit, codeLength);
    }
  }

  /** The next byte, or -1 when the length limit or a page that cannot be fetched is reached. */
  next(): number {
    if (this.used >= this.#limit) return -1;
    if (this.used >= this.#fetched) {
      const first = this.#bytes === undefined;
      if (!this.#fetchPart()) {
        this.error = first ? "fetch-error-1" : "fetch-error-2";
        return -1;
      }
    }
    const byte = (this.#bytes as Uint8Array)[this.used - this.#before] as number;
    this.used++;
    return byte;
  }

  #fetchPart(): boolean {
    const { codeBits, rip, csBase } = this.#request;
    const offset = rip + BigInt(this.used);
    const linear = codeBits === 64 ? BigInt.asUintN(64, offset) : BigInt.asUintN(32, csBase + offset);
    const toPageEnd = PAGE_BYTES - Number(BigInt.asUintN(12, linear));
    const length = Math.min(this.#limit - this.used, toPageEnd);
    const bytes = this.#request.fetch(linear, length);
    if (bytes === undefined || bytes.length < length) return false;
    this.#bytes = bytes;
    this.#before = this.used;
    this.#fetched = this.used + length;
    return true;
  }
}

const stop = (reader: InstructionReader): GpCheckRefused => refused[reader.error ?? "bad-opcode"];

/** `66* EC|ED|EE|EF`, the forms by DX; 0x5658 fits no immediate. */
function decodePlain(reader: InstructionReader, codeBits: 16 | 32 | 64): GpCheckResult {
  let operandPrefix = false;
  let byte = reader.next();
  while (byte === 0x66) {
    operandPrefix = true;
    byte = reader.next();
  }
  if (byte < 0) return stop(reader);
  if ((byte & ~PLAIN_FORM) !== PLAIN_OPCODES) return refused["bad-opcode"];
  return plainForm(byte, reader.used, operandSize(byte, codeBits, operandPrefix));
}

const plainForm = (opcode: number, length: number, size: IoSize): GpCheckHandled => ({
  code: "handled",
  length,
  direction: (opcode & 2) === 0 ? "in" : "out",
  port: BDOOR_PORT,
  size,
});

const segments: Readonly<Record<number, "es" | "cs" | "ss" | "ds" | "fs" | "gs">> = {
  38: "es",
  46: "cs",
  54: "ss",
  62: "ds",
  100: "fs",
  101: "gs",
};

/**
 * INS and OUTS (and, for `any`, IN and OUT by DX) with any legacy prefixes but LOCK, and a REX right before the opcode in 64-bit code.
 */
function decode(
  reader: InstructionReader,
  codeBits: 16 | 32 | 64,
  port: number,
  forms: "string" | "any",
): GpCheckResult {
  let operandPrefix = false;
  let addressPrefix = false;
  let rep = false;
  let segment: "es" | "cs" | "ss" | "ds" | "fs" | "gs" | undefined;
  for (;;) {
    const byte = reader.next();
    if (byte < 0) return stop(reader);
    if (byte === 0x66) operandPrefix = true;
    else if (byte === 0x67) addressPrefix = true;
    else if (byte === 0xf2 || byte === 0xf3) rep = true;
    else if (segments[byte] !== undefined) {
      // 64-bit code ignores the four overrides that have no base there.
      if (codeBits !== 64 || byte === 0x64 || byte === 0x65) segment = segments[byte];
    } else {
      const opcode = codeBits === 64 && (byte & 0xf0) === 0x40 ? reader.next() : byte;
      if (opcode < 0) return stop(reader);
      const isString = (opcode & 0xfc) === 0x6c;
      if (!isString && (forms === "string" || (opcode & 0xfc) !== 0xec)) return refused["bad-opcode"];
      const direction = (opcode & 2) === 0 ? "in" : "out";
      const size = operandSize(opcode, codeBits, operandPrefix);
      const handled: GpCheckHandled = { code: "handled", length: reader.used, direction, port, size };
      if (!isString) return handled;
      const override = direction === "out" && segment !== "ds" ? segment : undefined;
      return { ...handled, string: { rep, addressBits: addressSize(codeBits, addressPrefix), segment: override } };
    }
  }
}

const addressSize = (codeBits: 16 | 32 | 64, prefixed: boolean): 16 | 32 | 64 => {
  if (codeBits === 64) return prefixed ? 32 : 64;
  return (codeBits === 16) === prefixed ? 32 : 16;
};

/** IN and OUT by DX, EC to EF: the opcode, and the bits that tell the four apart. */
const PLAIN_OPCODES = 0xec;
const PLAIN_FORM = 3;
const plainForms = (codeBits: 16 | 32): readonly GpCheckHandled[] =>
  [0xec, 0xed, 0xee, 0xef].map((opcode) => plainForm(opcode, 1, operandSize(opcode, codeBits, false)));

/** Even opcodes are byte forms; odd ones take the code segment's size, switched by 0x66, and never 8 bytes. */
function operandSize(opcode: number, codeBits: 16 | 32 | 64, operandPrefix: boolean): IoSize {
  if ((opcode & 1) === 0) return 1;
  return (codeBits === 16) === operandPrefix ? 4 : 2;
}

/** The four without prefixes, in 16-bit and in other code. */
const plain16 = /* @__PURE__ */ plainForms(16);
const plain32 = /* @__PURE__ */ plainForms(32);
