import { type BackdoorRegisters, createBackdoor, createHost, vmware } from "vmport-backdoor";

// Your emulator's register file, seen through four functions.
const file = new BigUint64Array(8); // RAX RCX RDX RBX RSP RBP RSI RDI
const registers: BackdoorRegisters = {
  readRegister32: (index) => Number(BigInt.asUintN(32, file[index] ?? 0n)),
  writeRegister32: (index, value) => {
    file[index] = ((file[index] ?? 0n) & ~0xffff_ffffn) | BigInt(value);
  },
  readRegister64: (index) => file[index] ?? 0n,
  writeRegister64: (index, value) => {
    file[index] = value;
  },
  cpl: 3,
};

const backdoor = createBackdoor({ personality: vmware, host: createHost({ memoryMb: 2048, hardwareVersion: 13 }) });
backdoor.observe((event) =>
  console.log(`ring ${event.ring} ${event.direction} ${event.commandName}: eax=${event.after.eax}`),
);

// The guest executes IN EAX, DX with the magic in EAX and the command in ECX.
for (const command of [10, 17, 20, 22]) {
  file.set([0x564d_5868n, BigInt(command), 0x5658n]);
  backdoor.access("in", 0x5658, 4, registers);
}
