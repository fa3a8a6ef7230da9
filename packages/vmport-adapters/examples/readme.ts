import { createAccessFunction } from "vmport-adapters";
import { createBackdoor, createHost } from "vmport-backdoor";

const access = createAccessFunction(createBackdoor({ host: createHost({ memoryMb: 2048 }) }));

// The guest's registers, from whatever emulator they come.
const registers = { eax: 0x564d_5868, ecx: 20, edx: 0x5658, ebx: 0, ebp: 0, esi: 0, edi: 0 };
const call = { kind: "port", direction: "in", size: 4, port: 0x5658, ring: 3, registers } as const;

console.log(`GETMEMSIZE from ring 3: ${access(call).registers.eax} MB`);
console.log(`IN AL,DX: eax=0x${access({ ...call, size: 1 }).registers.eax.toString(16)}`);
console.log(
  `port 0x1234 from ring 3: exception ${access({ ...call, port: 0x1234, registers: { ...registers, edx: 0x1234 } }).fault}`,
);
