/** The real v86 of npm, headless: boots an image with its own multiboot loader, or serves as a function. */
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { V86Cpu } from "vmport-adapters";
import { type AccessResult, type HostFunction, type Registers, registerNames } from "../src/index.ts";

interface Cpu extends V86Cpu {
  readonly reg32: V86Cpu["reg32"] & { [index: number]: number };
  readonly io: V86Cpu["io"] & {
    port_read8(port: number): number;
    port_read16(port: number): number;
    port_read32(port: number): number;
    port_write8(port: number, value: number): void;
    port_write16(port: number, value: number): void;
    port_write32(port: number, value: number): void;
  };
}

interface Emulator {
  readonly v86: { readonly cpu: Cpu };
  add_listener(event: string, listener: (value: number) => void): void;
  run(): void;
  stop(): Promise<void>;
  destroy(): Promise<void>;
}

const build = dirname(createRequire(import.meta.url).resolve("v86"));

async function create(options: object): Promise<Emulator> {
  const { V86 } = (await import("v86")) as unknown as { V86: new (options: object) => Emulator };
  const emulator = new V86({
    wasm_path: join(build, "v86.wasm"),
    memory_size: 16 << 20,
    vga_memory_size: 2 << 20,
    autostart: false,
    disable_speaker: true,
    ...options,
  });
  await new Promise<void>((resolve) => emulator.add_listener("emulator-loaded", () => resolve()));
  return emulator;
}

/** Boots the image and answers what it printed up to and with "# done". `attach` may replace devices first. */
export async function bootInV86(image: Uint8Array, attach?: (cpu: V86Cpu) => void): Promise<string> {
  const emulator = await create({ multiboot: { buffer: image.slice().buffer } });
  attach?.(emulator.v86.cpu);
  let text = "";
  await new Promise<void>((resolve) => {
    emulator.add_listener("serial0-output-byte", (byte) => {
      text += String.fromCharCode(byte);
      if (text.endsWith("# done\n")) resolve();
    });
    emulator.run();
  });
  await emulator.destroy();
  return text;
}

/** v86's registers and ports without its processor: only ring 0, since the processor is what checks I/O permission. */
export async function v86AsFunction(attach?: (cpu: V86Cpu) => void): Promise<HostFunction> {
  const emulator = await create({});
  const { cpu } = emulator.v86;
  attach?.(cpu);
  const order = ["eax", "ecx", "edx", "ebx", undefined, "ebp", "esi", "edi"] as const;
  return ({ kind, direction, size, port, ring, registers, memory = new Uint8Array() }): AccessResult | undefined => {
    if (ring !== 0 || kind === "rdpmc") return undefined;
    for (const [index, name] of order.entries()) if (name !== undefined) cpu.reg32[index] = registers[name] | 0;
    const bits = (size * 8) as 8 | 16 | 32;
    if (kind === "string") {
      const count = registers.ecx;
      for (let at = 0; at < count; at++)
        if (direction === "in") memory[at] = cpu.io.port_read8(port);
        else cpu.io.port_write8(port, memory[at] ?? 0);
      cpu.reg32[1] = 0;
    } else if (direction === "in") {
      const value = cpu.io[`port_read${bits}`](port);
      const mask = size === 4 ? 0xffff_ffff : 2 ** bits - 1;
      cpu.reg32[0] = ((cpu.reg32[0] ?? 0) & ~mask) | (value & mask);
    } else cpu.io[`port_write${bits}`](port, registers.eax);
    const after = Object.fromEntries(
      registerNames.map((name) => [name, (cpu.reg32[order.indexOf(name)] ?? 0) >>> 0]),
    ) as Registers;
    return { registers: after };
  };
}
