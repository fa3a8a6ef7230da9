/** A boot sector that calls VMware's backdoor from ring 0 and from ring 3 and says on COM1 what came back. */
import { imageBase64 } from "./image.gen.ts";

/** Key of the guestinfo variable that the guest reads at its end; without it, the reply is an error that it prints. */
export const GREETING_KEY = "guestinfo.greeting";

/**
 * The image, a copy for each caller: 6,144 bytes, 12 sectors. The first is a boot sector (0x55 0xaa at its end) that reads the others by
 * INT 13h, unless they stand behind it at 0x7c00 already. `guest/first-light.asm` is its source.
 */
export function firstLight(): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(imageBase64), (char: string) => char.charCodeAt(0));
}
