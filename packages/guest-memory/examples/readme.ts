import { createGuestMemory } from "guest-memory";

const memory = createGuestMemory({
  ram: [
    { base: 0, size: 640 * 1024 },
    { base: 0x10_0000, size: 1024 * 1024 },
  ],
});
memory.addRom(0xf_f000, Uint8Array.of(0xea, 0x5b, 0xe0, 0x00, 0xf0), "bios");
memory.addMmio(0xfee0_0000, 0x1000, "local-apic");

console.log(`ram   ${memory.writeU32(0x7c00, 0xfeeb_fa90)} 0x${memory.readU32(0x7c00)?.toString(16)}`);
console.log(`rom   ${memory.writeU8(0xf_f000, 0)} 0x${memory.readU8(0xf_f000)?.toString(16)}`);
console.log(`hole  ${memory.writeU8(0xa_0000, 0)} ${memory.readU8(0xa_0000)}`);
console.log(`mmio  ${memory.hostOffset(0xfee0_0000)} ${memory.regionAt(0xfee0_0020)?.name}`);
console.log(`dirty ${memory.harvestDirty().map((gpa) => `0x${gpa.toString(16)}`)}`);
