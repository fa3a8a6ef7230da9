import {
  type Backdoor,
  type BackdoorRegisters,
  createBackdoor,
  createHost,
  type Personality,
  vmware,
} from "vmport-backdoor";
import type { Guestrpc } from "../src/index.ts";

const names = ["eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi"] as const;
export type Regs = Record<(typeof names)[number], number>;

class RegisterFile implements BackdoorRegisters {
  readonly values: bigint[];
  readonly cpl = 3;

  constructor(regs: Partial<Regs>) {
    this.values = names.map((name) => BigInt(regs[name] ?? 0));
  }

  readRegister32(index: number): number {
    return Number((this.values[index] as bigint) & 0xffff_ffffn);
  }

  writeRegister32(index: number, value: number): void {
    this.values[index] = ((this.values[index] as bigint) & ~0xffff_ffffn) | BigInt(value >>> 0);
  }

  readRegister64(index: number): bigint {
    return this.values[index] as bigint;
  }

  writeRegister64(index: number, value: bigint): void {
    this.values[index] = BigInt.asUintN(64, value);
  }
}

export const MAGIC = 0x564d_5868;
export const RPCI = 0x4943_5052;
export const TCLO = 0x4f4c_4354;
export const COOKIE = 0x8000_0000;

/** The guest's side of the port, bare: what a program puts into registers and finds in them. */
export class GuestPort {
  readonly backdoor: Backdoor;

  constructor(message: Guestrpc, personality: Personality = vmware) {
    this.backdoor = createBackdoor({ personality, host: createHost(), message });
  }

  /** `IN EAX,DX` (or OUT) on 0x5658 with command 30. */
  low(type: number, regs: Partial<Regs>, direction: "in" | "out" = "in"): Regs {
    const file = new RegisterFile({
      ...regs,
      eax: MAGIC,
      ecx: ((type << 16) | 30) >>> 0,
      edx: ((regs.edx ?? 0) | 0x5658) >>> 0,
    });
    this.backdoor.access(direction, 0x5658, 4, file);
    return this.#read(file);
  }

  /** `REP OUTSB` on 0x5659. `faultAt`: element whose page is missing. */
  out(
    channel: number,
    cookie: { esi: number; edi: number },
    bytes: Uint8Array,
    faultAt = -1,
  ): Regs & { faultIndex: number } {
    const file = new RegisterFile({
      eax: MAGIC,
      ebx: 0x0001_0000,
      ecx: bytes.length,
      edx: ((channel << 16) | 0x5659) >>> 0,
      esi: 0x1000,
      edi: cookie.edi,
      ebp: cookie.esi,
    });
    const { faultIndex } = this.backdoor.highBandwidth({
      direction: "out",
      size: 1,
      rep: true,
      addressBits: 64,
      df: false,
      memory: { read: (i) => (i === faultAt ? undefined : bytes[i]), canWrite: () => true, write: () => {} },
      registers: file,
    });
    return { ...this.#read(file), faultIndex };
  }

  /** `REP INSB` on 0x5659 into `into`. */
  in(
    channel: number,
    cookie: { esi: number; edi: number },
    into: Uint8Array,
    faultAt = -1,
  ): Regs & { faultIndex: number } {
    const file = new RegisterFile({
      eax: MAGIC,
      ebx: 0x0001_0000,
      ecx: into.length,
      edx: ((channel << 16) | 0x5659) >>> 0,
      esi: cookie.esi,
      edi: 0x2000,
      ebp: cookie.edi,
    });
    const { faultIndex } = this.backdoor.highBandwidth({
      direction: "in",
      size: 1,
      rep: true,
      addressBits: 64,
      df: false,
      memory: { read: () => 0, canWrite: (i) => i !== faultAt, write: (i, value) => void (into[i] = value) },
      registers: file,
    });
    return { ...this.#read(file), faultIndex };
  }

  #read(file: RegisterFile): Regs {
    return Object.fromEntries(names.map((name, i) => [name, file.readRegister32(i)])) as Regs;
  }
}

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
export const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** A well-behaved guest library in the manner of open-vm-tools' lib/message. */
export class GuestChannel {
  readonly port: GuestPort;
  readonly id: number;
  readonly cookie: { esi: number; edi: number };

  constructor(port: GuestPort, protocol: number, cookie = true) {
    this.port = port;
    const regs = port.low(0, { ebx: (protocol | (cookie ? COOKIE : 0)) >>> 0 });
    if (regs.ecx !== 0x0001_0000) throw new Error(`open: ecx=${regs.ecx.toString(16)}`);
    this.id = regs.edx >>> 16;
    this.cookie = cookie ? { esi: regs.esi, edi: regs.edi } : { esi: 0, edi: 0 };
  }

  step(type: number, ebx = 0, direction: "in" | "out" = "in"): Regs {
    return this.port.low(type, { ebx, edx: (this.id << 16) >>> 0, ...this.cookie }, direction);
  }

  send(bytes: Uint8Array, high: boolean): void {
    const size = this.step(1, bytes.length);
    if ((size.ecx & 0x1_0000) === 0) throw new Error("sendsize refused");
    if (bytes.length === 0) return;
    if (high) {
      const regs = this.port.out(this.id, this.cookie, bytes);
      if (regs.ebx !== 0x0001_0000) throw new Error(`rep outsb: ebx=${regs.ebx.toString(16)}`);
      return;
    }
    for (let at = 0; at < bytes.length; at += 4) {
      let word = 0;
      for (let i = 0; i < 4; i++) word |= (bytes[at + i] ?? 0) << (8 * i);
      if (this.step(2, word >>> 0).ecx !== 0x0001_0000) throw new Error(`sendpayload at ${at}`);
    }
  }

  receive(high: boolean): Uint8Array | undefined {
    const size = this.step(3);
    if ((size.ecx & 0x1_0000) === 0) throw new Error("recvsize refused");
    if ((size.ecx & 0x2_0000) === 0) return undefined;
    if (size.edx !== 0x0001_0000) throw new Error(`recvsize: edx=${size.edx.toString(16)}`);
    const bytes = new Uint8Array(size.ebx);
    if (high && bytes.length > 0) {
      if (this.port.in(this.id, this.cookie, bytes).ebx !== 0x0001_0000) throw new Error("rep insb");
    } else {
      for (let at = 0; at < bytes.length; at += 4) {
        const regs = this.step(4, 1);
        if (regs.ecx !== 0x0001_0000 || regs.edx !== 0x0002_0000) throw new Error(`recvpayload at ${at}`);
        for (let i = 0; i < 4 && at + i < bytes.length; i++) bytes[at + i] = (regs.ebx >>> (8 * i)) & 0xff;
      }
    }
    if (this.step(5, 1).ecx !== 0x0001_0000) throw new Error("recvstatus");
    return bytes;
  }

  /** One RPCI round trip as text. */
  call(request: string, high = false): string {
    this.send(bytesOf(request), high);
    const reply = this.receive(high);
    if (reply === undefined) throw new Error("no reply");
    return textOf(reply);
  }

  close(): Regs {
    return this.step(6);
  }
}
