import { ImageError, loadFlat, loadImage } from "guest-loader";

// A boot sector: jmp $, and the signature at its end.
const sector = new Uint8Array(512);
sector.set([0xeb, 0xfe]);
sector.set([0x55, 0xaa], 510);

const image = loadImage(sector, { memorySize: 64 * 0x10_0000 });
console.log(
  `${image.format}: enter ${image.entry.mode} mode at 0x${image.entry.rip.toString(16)}, DL = 0x${image.entry.registers[2]?.toString(16)}`,
);

// A flat binary gets the tables that its mode needs.
const flat = loadFlat(new Uint8Array([0xf4]), { address: 0x10_0000, mode: "long" });
for (const { name, address, memorySize } of flat.segments)
  console.log(`${name}: ${memorySize} bytes at 0x${address.toString(16)}`);
console.log(`cr3 0x${flat.entry.cr3.toString(16)}, efer 0x${flat.entry.efer.toString(16)}`);

try {
  loadImage(new Uint8Array(512), { memorySize: 64 * 0x10_0000 });
} catch (error) {
  if (error instanceof ImageError) console.log(error.code);
}
