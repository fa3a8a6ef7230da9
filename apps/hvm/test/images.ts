/** Small images for tests. */

/** 32-bit code: mov edx, 0x3f8; for each byte: mov al, byte; out dx, al; then cli, hlt. */
export const printer = (text: string): number[] => [
  0xba,
  0xf8,
  3,
  0,
  0,
  ...[...text].flatMap((char) => [0xb0, char.charCodeAt(0), 0xee]),
  0xfa,
  0xf4,
];

/** Multiboot 1 with address fields, loaded at 1 MiB; the code prints and halts. */
export function multiboot(code: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(32 + code.length);
  const view = new DataView(bytes.buffer);
  const flags = 0x1_0002;
  [0x1bad_b002, flags, -(0x1bad_b002 + flags) >>> 0, 0x10_0000, 0x10_0000, 0, 0, 0x10_0020].forEach(
    (word, index) => void view.setUint32(index * 4, word, true),
  );
  bytes.set(code, 32);
  return bytes;
}
