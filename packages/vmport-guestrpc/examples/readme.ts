import { type BackdoorRegisters, createBackdoor, createHost } from "vmport-backdoor";
import { createGuestinfoStore, createGuestrpc } from "vmport-guestrpc";

const guestinfo = createGuestinfoStore({ initial: { greeting: "hello" } });
const guestrpc = createGuestrpc({ guestinfo });
const backdoor = createBackdoor({ host: createHost(), message: guestrpc });
guestrpc.observe((event) => {
  if (event.kind === "rpci") console.log(`host: ${event.verb} -> ${new TextDecoder().decode(event.payload)}`);
});

// A guest's half, for show: registers, and one backdoor call with them.
const file = new BigUint64Array(8); // RAX RCX RDX RBX RSP RBP RSI RDI
const registers: BackdoorRegisters = {
  readRegister32: (index) => Number(BigInt.asUintN(32, file[index] ?? 0n)),
  writeRegister32: (index, value) => {
    file[index] = BigInt(value);
  },
  readRegister64: (index) => file[index] ?? 0n,
  writeRegister64: (index, value) => {
    file[index] = value;
  },
  cpl: 3,
};
const call = (type: number, ebx: number, channel: number) => {
  file.set([0x564d_5868n, BigInt(type * 0x1_0000 + 30), BigInt(channel * 0x1_0000 + 0x5658), BigInt(ebx)]);
  backdoor.access("in", 0x5658, 4, registers);
  return { ebx: Number(file[3]), channel: Number(file[2]) >>> 16 };
};

const request = new TextEncoder().encode("info-get guestinfo.greeting");
const { channel } = call(0, 0x4943_5052, 0); // open "RPCI", no cookie
call(1, request.length, channel);
for (let at = 0; at < request.length; at += 4) {
  call(
    2,
    new DataView(Uint8Array.from({ length: 4 }, (_, i) => request[at + i] ?? 0).buffer).getUint32(0, true),
    channel,
  );
}
const { ebx: length } = call(3, 0, channel);
let reply = "";
while (reply.length < length) {
  const word = call(4, 1, channel).ebx;
  for (let i = 0; i < 4 && reply.length < length; i++) reply += String.fromCharCode((word >>> (8 * i)) & 0xff);
}
console.log(`guest: "${reply}"`);
