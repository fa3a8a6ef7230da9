import { type GuestImage, loadBootSector } from "guest-loader";

/** A boot sector of these bytes (hexadecimal, blanks allowed). */
export function bootSector(hex: string): GuestImage {
  const code = Uint8Array.from(hex.replaceAll(/\s/g, "").match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
  const sector = new Uint8Array(512);
  sector.set(code);
  sector.set([0x55, 0xaa], 510);
  return loadBootSector(sector);
}

/**
 * Programs the PIC (vectors 0x20…, only IRQ 0 open) and the PIT (channel 0, mode 2, 1,193 counts: a millisecond), halts between
 * ticks; each tick writes its number to COM1; after five it writes 21 to isa-debug-exit.
 */
export const timerGuest = bootSector(
  [
    "fa 31c0 8ed8 8ed0 bc007c", // cli; ax = ds = ss = 0; sp = 0x7c00
    "c7068000427c a38200", // vector 0x20 = 0:tick
    "b011 e620 b020 e621 b004 e621 b001 e621 b0fe e621", // ICW1–ICW4, mask
    "b034 e643 b0a9 e640 b004 e640", // control word, count
    "31c9 fb f4 83f905 72f9", // cx = 0; wait: sti; hlt; cmp cx, 5; jb wait
    "b015 e6f4 fa f4", // out 0xf4, 21
    "50 52 41 88c8 0430 baf803 ee", // tick: push ax, dx; inc cx; al = cl + '0'; out 0x3f8, al
    "b020 e620 5a 58 cf", // EOI; pop dx, ax; iret
  ].join(""),
);

/** GETVERSION by a 4-byte IN, then the same magic at the neighbouring port 0x565c by a 1-byte IN. */
export const doorGuest = bootSector(`
  66b868584d56 66bbffffffff 66b90a000000 66ba58560000
  66ed 6689c6
  66b868584d56 66b90a000000 ba5c56 ec
  fa f4
`);
