import { describe, expect, it } from "vitest";
import { bytesOf, GuestChannel, GuestPort, RPCI, TCLO } from "../test/guest.ts";
import {
  createGuestinfoStore,
  createGuestrpc,
  decodeVmportRecord,
  encodeVmportRecord,
  VMPORT_SAVE_CODE,
} from "./index.ts";

/** A host in the middle of everything. */
function busyHost() {
  const rpc = createGuestrpc({ guestinfo: createGuestinfoStore({ initial: { a: "1" } }), nowNs: () => 0x1_2345_6789n });
  const port = new GuestPort(rpc);
  const sending = new GuestChannel(port, RPCI);
  sending.step(1, 7);
  sending.step(2, 0x2067_6f6c);
  const receiving = new GuestChannel(port, RPCI, false);
  receiving.call("tools.set.versiontype 12389 4");
  receiving.call("tools.capability.x y");
  receiving.call("tools.os.statechange.status 1 3");
  receiving.call("SetGuestInfo  3 \0\x01");
  receiving.call("update.tools.health normal");
  receiving.call("info-set guestinfo.B zażółć");
  receiving.send(bytesOf("info-get guestinfo.B"), false);
  receiving.step(3);
  receiving.step(4, 1);
  const tclo = new GuestChannel(port, TCLO);
  tclo.send(new Uint8Array(0), false);
  tclo.receive(false);
  tclo.send(bytesOf("OK ATR toolbox"), false);
  rpc.call("OS_Halt");
  return rpc;
}

describe("[vmport-guestrpc] VMPORT save record", () => {
  it("is type 21, a multiple of 8 bytes, and begins with mark and version", () => {
    const payload = encodeVmportRecord(busyHost().save());
    expect(VMPORT_SAVE_CODE).toBe(21);
    expect(payload.length % 8).toBe(0);
    expect([...payload.subarray(0, 8)]).toEqual([0x56, 0x4d, 0x50, 0x52, 2, 0, 0, 0]);
  });

  it("an empty host: every list empty, no tools", () => {
    const words = [0x5250_4d56, 2, 0, 0x564d_5868, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    expect([...encodeVmportRecord(createGuestrpc().save())]).toEqual([
      ...new Uint8Array(Uint32Array.from(words).buffer),
    ]);
  });

  it("carries everything that the plain data carries", () => {
    const saved = busyHost().save();
    expect(saved.channels.map((channel) => channel.state)).toEqual(["sending", "receiving", "idle"]);
    const decoded = decodeVmportRecord(encodeVmportRecord(saved));
    expect(decoded).toEqual({ ok: true, state: saved });
    const other = createGuestrpc();
    if (decoded.ok) other.load(decoded.state);
    expect(other.save()).toEqual(saved);
  });

  it("cut anywhere it is refused with the place, and nothing throws", () => {
    const payload = encodeVmportRecord(busyHost().save());
    for (let length = 0; length < payload.length - 8; length += 4) {
      const result = decodeVmportRecord(payload.subarray(0, length));
      expect(result.ok, `${length} bytes`).toBe(false);
    }
  });

  it("lengths of 4 GiB and unknown numbers are refused", () => {
    const payload = encodeVmportRecord(busyHost().save());
    for (let at = 8; at < payload.length; at += 4) {
      const broken = payload.slice();
      broken.set([0xff, 0xff, 0xff, 0xff], at);
      expect(() => decodeVmportRecord(broken)).not.toThrow();
    }
    const alien = payload.slice();
    alien[4] = 3;
    expect(decodeVmportRecord(alien)).toMatchObject({ ok: false, message: expect.stringContaining("version 3") });
  });
});
