import { ElfError, parseElf, SegmentType, segmentBytes } from "elf-image";

// The smallest program: one header, one segment, 12 bytes of code (mov eax,60; xor edi,edi; syscall).
const file = new Uint8Array(132);
const view = new DataView(file.buffer);
file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
view.setUint16(16, 2, true); // executable
view.setUint16(18, 62, true); // x86-64
view.setBigUint64(24, 0x400078n, true); // entry
view.setBigUint64(32, 64n, true); // program headers
view.setUint16(54, 56, true);
view.setUint16(56, 1, true);
view.setUint32(64, 1, true); // PT_LOAD
view.setUint32(68, 5, true); // R-X
view.setBigUint64(80, 0x400000n, true);
view.setBigUint64(96, 132n, true);
view.setBigUint64(104, 132n, true);
file.set([0xb8, 60, 0, 0, 0, 0x31, 0xff, 0x0f, 0x05], 120);

const image = parseElf(file);
console.log(`ELF${image.bits}, machine ${image.machine}, entry 0x${image.entry.toString(16)}`);
for (const segment of image.segments.filter(({ type }) => type === SegmentType.Load)) {
  console.log(`${segmentBytes(image, segment).length} bytes at 0x${segment.virtualAddress.toString(16)}`);
}

try {
  parseElf(file.subarray(0, 100));
} catch (error) {
  if (error instanceof ElfError) console.log(`${error.code} at ${error.offset}: ${error.message}`);
}
