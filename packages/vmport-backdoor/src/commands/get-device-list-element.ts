/**
 * GETDEVICELISTELEMENT: four bytes, at the offset in EBX bits 15:0, of the 40-byte description of removable device EBX bits 31:16: name (32
 * bytes, NUL-padded), identifier, connected. EAX 1, or 0 if there is no such device or offset.
 *
 * Sources: open-vm-tools `lib/include/removable_device.h`, `lib/guestApp`; open-vm-tools `lib/include/backdoor_def.h`.
 */
import type { BackdoorCommand } from "../command.ts";
import type { RemovableDevice } from "../host.ts";

const NAME_BYTES = 32;
const DESCRIPTION_BYTES = 40;

export const getDeviceListElement: BackdoorCommand = {
  number: 11,
  outputs: ["eax", "ebx"],
  handle(frame, { host }) {
    const device = host.devices[frame.ebx >>> 16];
    const offset = frame.ebx & 0xffff;
    if (device === undefined || offset % 4 !== 0 || offset >= DESCRIPTION_BYTES) {
      frame.eax = 0;
      return;
    }
    frame.eax = 1;
    frame.ebx = describe(device, offset);
  },
};

/** The little-endian word at `offset` of a device's description. */
function describe({ name, uniqueId, connected }: RemovableDevice, offset: number): number {
  if (offset === NAME_BYTES) return uniqueId >>> 0;
  if (offset > NAME_BYTES) return connected ? 1 : 0;
  let word = 0;
  for (let i = 3; i >= 0; i--) {
    const at = offset + i;
    const code = at < NAME_BYTES - 1 && at < name.length ? name.charCodeAt(at) : 0;
    word = word * 256 + (code & 0xff);
  }
  return word;
}
