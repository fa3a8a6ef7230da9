import { describe, expect, it } from "vitest";
import { BDOORHB_MAX_BYTES, createBackdoor, createHost, qemu } from "vmport-backdoor";
import { createGuestrpc } from "vmport-guestrpc";
import { ByteTransfers } from "./byte-transfers.ts";
import { RegisterFile } from "./register-file.ts";

const MAGIC = 0x564d_5868;
const [EAX, ECX, EDX, EBX, ESI] = [0, 1, 2, 3, 6];

/** An open channel with `request` announced, and a register file for what comes next. */
function channel(request: string) {
  const file = new Uint32Array(8);
  const registers = new RegisterFile({ get: (i) => file[i] ?? 0, set: (i, value) => void (file[i] = value) }, () => 0);
  const backdoor = createBackdoor({ host: createHost(), message: createGuestrpc({}) });
  const message = (type: number, ebx: number, edx = 0) => {
    file.set([MAGIC, (type << 16) | 30, edx | 0x5658, ebx]);
    backdoor.access("in", 0x5658, 4, registers);
    return { ebx: file[EBX] ?? 0, edx: (file[EDX] ?? 0) & 0xffff_0000 };
  };
  const { edx } = message(0, 0x4943_5052);
  message(1, request.length, edx);
  const begin = (count: number, ebx = 0x1_0000) => file.set([MAGIC, count, edx | 0x5659, ebx, 0, 0, 0x1000, 0]);
  return { file, backdoor, edx, message, begin, transfers: new ByteTransfers(backdoor, registers) };
}

const request = "info-get guestinfo.none";
const bytes = [...new TextEncoder().encode(request)];
const NOT_FOUND = "0 No value found";

describe("[vmport-adapters] a string instruction byte by byte", () => {
  it.each([
    ["the count register stays until the end, as in one chunk of v86", () => undefined],
    ["the count register counts down, as in Unicorn", (file: Uint32Array) => void (file[ECX] = (file[ECX] ?? 0) - 1)],
    [
      "written back now and then, as after an interrupt",
      (file: Uint32Array, at: number) => {
        if (at % 8 === 7) file[ECX] = bytes.length - at - 1;
      },
    ],
  ])("%s", (_, after) => {
    const { file, message, begin, transfers, edx } = channel(request);
    begin(bytes.length);
    bytes.forEach((byte, at) => {
      expect(file[EBX]).toBe(0x1_0000);
      transfers.write(byte);
      after(file, at);
    });
    expect(message(3, 0, edx).ebx).toBe(NOT_FOUND.length);
    begin(NOT_FOUND.length);
    const reply = Array.from(NOT_FOUND, (_char, at) => {
      const byte = transfers.read();
      if (at % 5 === 4) file[ECX] = NOT_FOUND.length - at - 1;
      return byte;
    });
    expect(String.fromCharCode(...reply)).toBe(NOT_FOUND);
    expect([file[EAX], file[EBX], file[ESI]]).toEqual([MAGIC, 0x1_0000, 0x1000]);
  });

  it("the status of a transfer that is too long comes with the last byte", () => {
    const { file, begin, transfers } = channel("four");
    begin(5);
    for (const byte of bytes.slice(0, 4)) transfers.write(byte);
    expect(file[EBX]).toBe(0x1_0000);
    transfers.write(0);
    expect(file[EBX]).toBe(0);
  });

  it("a transfer given up is forgotten at the next call", () => {
    const { message, begin, transfers, edx } = channel(request);
    begin(bytes.length);
    for (const byte of bytes.slice(0, 7)) transfers.write(byte);
    transfers.abandon();
    message(1, bytes.length, edx);
    begin(bytes.length);
    for (const byte of bytes) transfers.write(byte);
    expect(message(3, 0, edx).ebx).toBe(NOT_FOUND.length);
  });

  it.each([
    ["another magic", { eax: 1 }],
    ["another high-bandwidth command", { ebx: 0x1_0001 }],
    ["no bytes", { ecx: 0 }],
  ])(
    "%s is no transfer: all ones, EBX as it was",
    (_, { eax, ebx, ecx }: { eax?: number; ebx?: number; ecx?: number }) => {
      const { file, begin, transfers } = channel(request);
      begin(ecx ?? 4, ebx);
      if (eax !== undefined) file[EAX] = eax;
      const before = file[EBX];
      transfers.write(1);
      expect([transfers.read(), file[EBX]]).toEqual([0xff, before]);
    },
  );

  it("a count beyond VMware's limit is refused before memory is taken", () => {
    const { file, begin, transfers } = channel(request);
    begin(BDOORHB_MAX_BYTES + 1);
    transfers.write(1);
    expect(file[EBX]).toBe(0);
    begin(0xffff_ffff);
    expect([transfers.read(), file[EBX]]).toEqual([0xff, 0]);
  });

  it("a host without high bandwidth has none here", () => {
    const file = new Uint32Array([MAGIC, 1, 0x5659, 0x1_0000, 0, 0, 0, 0]);
    const registers = new RegisterFile({ get: (i) => file[i] ?? 0, set: () => {} }, () => 0);
    expect(new ByteTransfers(createBackdoor({ personality: qemu, host: createHost() }), registers).read()).toBe(0xff);
  });
});
