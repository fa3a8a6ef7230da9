/** Our own hosts: the personalities, as a function and as a machine that boots the image. */
import { loadMultiboot } from "guest-loader";
import { createMachine } from "hvm-machine";
import { createAccessFunction } from "vmport-adapters";
import { type Backdoor, createBackdoor, createHost, findPersonality } from "vmport-backdoor";
import { createGuestrpc, dialects, vmwareDialect } from "vmport-guestrpc";
import type { HostFunction } from "../src/index.ts";

const MEMORY_MIB = 16;

export function ourBackdoor(name: string): Backdoor {
  const found = findPersonality(name);
  if (!found.ok) throw new Error(found.message);
  return createBackdoor({
    personality: found.personality,
    // 2020-09-13, so that a time of zero is no answer.
    host: createHost({ epochNs: () => 1_600_000_000_123_456_789n }),
    message: createGuestrpc({
      dialect: dialects.find((each) => each.name === found.personality.quirks.messageDialect) ?? vmwareDialect,
    }),
  });
}

export const ourFunction = (name: string): HostFunction => createAccessFunction(ourBackdoor(name));

/** Boots the image and answers what COM1 said. */
export function ourMachine(name: string, image: Uint8Array): string {
  const machine = createMachine({ memory: MEMORY_MIB, vmwareHw: 11, vmwarePort: true, personality: name });
  const text: string[] = [];
  machine.devices.serial.onOutput((bytes) => void text.push(String.fromCharCode(...bytes)));
  machine.boot(loadMultiboot(image, { memorySize: MEMORY_MIB << 20 }));
  // Under a million instructions; each access to the serial port is charged a microsecond.
  machine.run({ maxInstructions: 2_000_000_000 });
  return text.join("");
}
