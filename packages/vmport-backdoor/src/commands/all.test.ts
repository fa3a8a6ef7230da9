import { describe, expect, it } from "vitest";
import { PlainRegisters } from "../../test/plain-registers.ts";
import { type BackdoorCommand, commandName, createBackdoor, createHost, defaultCommands, vmware } from "../index.ts";

const indexOf = { eax: 0, ecx: 1, edx: 2, ebx: 3, esi: 6, edi: 7 } as const;
const cases = defaultCommands.map((command) => [commandName(command.number) ?? "", command] as const);

/** Frames that write whatever they are told to, to see what a command assigns. */
function assignments(command: BackdoorCommand, values: readonly number[]): Set<string> {
  const assigned = new Set<string>();
  const [eax, ebx, ecx, edx, esi, edi] = values as [number, number, number, number, number, number];
  const wrapped: BackdoorCommand = {
    ...command,
    number: 300,
    handle(frame, environment) {
      const spy = new Proxy(frame, {
        get: (target, name) => Reflect.get(target, name),
        set(target, name, value) {
          assigned.add(String(name));
          return Reflect.set(target, name, value);
        },
      });
      command.handle(spy, environment);
    },
  };
  const message = { message: () => {}, highBandwidth: () => true };
  const backdoor = createBackdoor({
    personality: { ...vmware, cpl0Only: [] },
    host: createHost(),
    commands: [wrapped],
    message,
  });
  backdoor.pointer.command(0x4541_4552);
  const registers = new PlainRegisters({
    rax: eax,
    rbx: ebx,
    rcx: ((ecx & 0xffff_0000) | 300) >>> 0,
    rdx: edx,
    rsi: esi,
    rdi: edi,
  });
  backdoor.access("in", 0x5658, 4, registers);
  return assigned;
}

const samples = [
  [0x564d_5868, 0, 0, 0x5658, 0, 0],
  [0x564d_5868, 1, 0x1_0000, 0x5658, 0, 1],
  [0x564d_5868, 0xffff_ffff, 0xffff_0000, 0xffff_5658, 0xffff_ffff, 0xffff_ffff],
  [0x564d_5868, 6, 0x2_0000, 0x1_5658, 1, 0x40],
];

describe("[vmport-backdoor] every command", () => {
  it.each(cases)("%s assigns only what it declares", (_name, command) => {
    for (const values of samples) {
      for (const name of assignments(command, values)) expect(command.outputs).toContain(name);
    }
  });

  it.each(cases)(
    "%s leaves the other registers and all upper halves alone, in any direction and width",
    (_name, command) => {
      for (const direction of ["in", "out"] as const) {
        for (const size of [1, 2, 4] as const) {
          const registers = new PlainRegisters({});
          for (let i = 0; i < 8; i++) registers.values[i] = (0xa5a5_a5a5n << 32n) | BigInt(0x1111_1111 * i);
          registers.values[0] = (0xa5a5_a5a5n << 32n) | 0x564d_5868n;
          registers.values[1] = (0xa5a5_a5a5n << 32n) | BigInt(command.number);
          const before = [...registers.values];
          createBackdoor({ host: createHost() }).access(direction, 0x5658, size, registers);
          for (const [i, value] of registers.values.entries()) {
            const zeroExtended = i === 0 && direction === "in" && size === 4;
            if (!zeroExtended) expect((value as bigint) >> 32n).toBe((before[i] as bigint) >> 32n);
            const declared = command.outputs.some((name) => indexOf[name] === i);
            const accumulator = i === 0 && direction === "in";
            if (!declared && !accumulator) expect(value).toBe(before[i]);
            if (i === 0 && direction === "out") expect(value).toBe(before[0]);
          }
        }
      }
    },
  );
});
