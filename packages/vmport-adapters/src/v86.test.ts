/** In the real v86 of npm: its own processor runs a few bytes of guest. Whole suites of calls: vmport-conformance. */
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Backdoor, createBackdoor, createHost, qemu } from "vmport-backdoor";
import { createGuestinfoStore, createGuestrpc } from "vmport-guestrpc";
import { attachToV86, type V86Cpu } from "./v86.ts";

const build = dirname(createRequire(import.meta.url).resolve("v86"));
const LONG = { timeout: 60_000 };

interface Emulator {
  readonly v86: { readonly cpu: V86Cpu & { readonly reg32: { readonly [index: number]: number } } };
  add_listener(event: string, listener: (value: number) => void): void;
  run(): void;
  destroy(): Promise<void>;
}

/** Multiboot 1 with address fields at 1 MiB; the code's last act is one byte to COM1. Answers the registers then. */
async function runInV86(code: string, backdoor?: Backdoor): Promise<number[]> {
  const body = Uint8Array.from(code.replaceAll(/\s/g, "").match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
  const image = new Uint8Array(32 + body.length + 8);
  const view = new DataView(image.buffer);
  const flags = 0x1_0000;
  [0x1bad_b002, flags, -(0x1bad_b002 + flags), 0x10_0000, 0x10_0000, 0, 0, 0x10_0020].forEach((word, index) => {
    view.setUint32(index * 4, word, true);
  });
  image.set(body, 32);
  // push edx; mov dx, 0x3f8; out dx, al; cli; hlt
  image.set([0x52, 0x66, 0xba, 0xf8, 0x03, 0xee, 0xfa, 0xf4], 32 + body.length);
  const { V86 } = (await import("v86")) as unknown as { V86: new (options: object) => Emulator };
  const emulator = new V86({
    wasm_path: join(build, "v86.wasm"),
    memory_size: 16 << 20,
    vga_memory_size: 2 << 20,
    autostart: false,
    disable_speaker: true,
    multiboot: { buffer: image.buffer },
  });
  await new Promise<void>((resolve) => emulator.add_listener("emulator-loaded", () => resolve()));
  const { cpu } = emulator.v86;
  if (backdoor !== undefined) attachToV86(cpu, backdoor);
  const registers = await new Promise<number[]>((resolve) => {
    emulator.add_listener("serial0-output-byte", () =>
      resolve(Array.from({ length: 8 }, (_, i) => (cpu.reg32[i] ?? 0) >>> 0)),
    );
    emulator.run();
  });
  await emulator.destroy();
  return registers;
}

const call = (ecx: string, ebx: string, instruction: string, port = "5856"): string =>
  `b868584d56 b9${ecx} bb${ebx} ba${port}0000 ${instruction}`;

describe("[vmport-adapters] in v86", () => {
  const vmware = () => createBackdoor({ host: createHost({ memoryMb: 77 }) });

  it("without the adapter, OUT is nothing and GETMEMSIZE unknown; with it, both are", LONG, async () => {
    const out = call("0a000000", "00000000", "ef");
    expect((await runInV86(out))[3]).toBe(0);
    expect((await runInV86(out, vmware()))[3]).toBe(0x564d_5868);
    const memory = call("14000000", "00000000", "ed");
    expect((await runInV86(memory))[0]).toBe(0xffff_ffff);
    expect((await runInV86(memory, vmware()))[0]).toBe(77);
  });

  it("IN AL,DX changes AL only; another personality, another rule", LONG, async () => {
    const narrow = call("0a000000", "00000000", "ec");
    expect((await runInV86(narrow, vmware()))[0]).toBe(0x564d_5806);
    expect((await runInV86(narrow, createBackdoor({ personality: qemu, host: createHost() })))[0]).toBe(6);
  });

  it("a question by REP OUTSB, the answer by REP INSB into the guest's memory", LONG, async () => {
    const guestinfo = createGuestinfoStore({ initial: { k: "abc" } });
    const question = [..."info-get guestinfo.k"].map((char) => char.charCodeAt(0).toString(16)).join("");
    const code = `
      ${call("1e000000", "52504349", "ed")}
      89d5
      ${call("1e000100", "14000000", "89ea 66ba5856 ed")}
      ${call("00000000", "00000100", "b914000000 89ea 66ba5956 be00001100 bf00000000")}
      fc f36e
      ${call("1e000300", "00000000", "89ea 66ba5856 ed")}
      89d9 ${call("00000000", "00000100", "b905000000 89ea 66ba5956 bf00001200 be00000000")}
      fc f36c
      8b1d00001200`;
    // The question is put at 0x110000 first: mov byte [0x110000 + i], char.
    const put = (question.match(/../g) ?? [])
      .map((byte, at) => `c605${at.toString(16).padStart(2, "0")}001100${byte}`)
      .join("");
    const registers = await runInV86(
      `${put} ${code}`,
      createBackdoor({ host: createHost(), message: createGuestrpc({ guestinfo }) }),
    );
    // "1 ab" as the first four bytes of the reply.
    expect(registers[3]).toBe(0x6261_2031);
  });
});
