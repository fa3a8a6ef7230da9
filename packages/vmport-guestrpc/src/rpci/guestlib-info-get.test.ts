import { describe, expect, it } from "vitest";
import { bytesOf, GuestChannel, GuestPort, RPCI, textOf } from "../../test/guest.ts";
import { createGuestrpc } from "../index.ts";

const statistics = { sessionId: 0x1122_3344_5566_7788n, hostMhz: 2600, memoryMb: 512, elapsedNs: () => 5_000_000_000n };

function call(request: string, withStatistics = true): Uint8Array {
  const rpc = createGuestrpc({ host: withStatistics ? { statistics } : {} });
  const channel = new GuestChannel(new GuestPort(rpc), RPCI);
  channel.send(bytesOf(request), true);
  return channel.receive(true) as Uint8Array;
}

describe("[vmport-guestrpc] guestlib.info.get", () => {
  it("version 2: the packed structure of vmGuestLibInt.h, 669 bytes", () => {
    const reply = call("guestlib.info.get 2");
    expect(textOf(reply.subarray(0, 2))).toBe("1 ");
    const view = new DataView(reply.buffer, reply.byteOffset + 2, reply.length - 2);
    // Header 12, three StatUint32, a StatUint64 of 12, twelve StatUint32, a StatUint64, a flag and 512 characters.
    expect(view.byteLength).toBe(12 + 3 * 8 + 12 + 12 * 8 + 12 + 513);
    expect([view.getUint32(0, true), view.getBigUint64(4, true)]).toEqual([2, statistics.sessionId]);
    expect([view.getUint8(20), view.getUint32(24, true)], "cpuLimitMHz").toEqual([1, 0xffff_ffff]);
    expect([view.getUint8(36), view.getBigUint64(40, true)], "cpuUsedMs").toEqual([1, 5000n]);
    expect([view.getUint8(48), view.getUint32(52, true)], "hostMHz").toEqual([1, 2600]);
    expect([view.getUint8(144), view.getBigUint64(148, true)], "elapsedMs").toEqual([1, 5000n]);
    expect(view.getUint8(156), "resourcePoolPath").toBe(1);
    expect(textOf(reply.subarray(2 + 157, 2 + 157 + 10))).toBe("host/user\0");
  });

  it("version 3: header, size, then XDR with each statistic behind its number", () => {
    const reply = call("guestlib.info.get 3");
    const view = new DataView(reply.buffer, reply.byteOffset + 2, reply.length - 2);
    expect([view.getUint32(0, true), view.getBigUint64(4, true)]).toEqual([3, statistics.sessionId]);
    expect(view.getUint32(12, true)).toBe(view.byteLength - 16);
    expect(view.getUint32(16), "how many").toBe(38);
    let at = 20;
    const wide = [4, 17, 19, 20, 22, 23, 24, 25, 26, 27, 28, 29, 30, 38];
    const seen: Record<number, bigint | string> = {};
    for (let number = 1; number <= 38; number++) {
      expect(view.getUint32(at)).toBe(number);
      const valid = view.getUint32(at + 4) === 1;
      at += 8;
      if (number === 18 || number === 37) {
        const length = view.getUint32(at);
        if (valid) seen[number] = textOf(reply.subarray(2 + at + 4, 2 + at + 4 + length));
        at += 4 + ((length + 3) & ~3);
      } else {
        if (valid) seen[number] = wide.includes(number) ? view.getBigUint64(at) : BigInt(view.getUint32(at));
        at += wide.includes(number) ? 8 : 4;
      }
    }
    expect(at).toBe(view.byteLength);
    expect(seen).toMatchObject({
      2: 0xffff_ffffn,
      4: 5000n,
      5: 2600n,
      16: 512n,
      17: 5000n,
      18: "host/user",
      38: 5120n,
    });
    expect(seen[21], "the host does not tell its cores").toBeUndefined();
  });

  it.each(["guestlib.info.get 4", "guestlib.info.get", "guestlib.info.get x"])("%s names what there is", (request) => {
    expect(textOf(call(request))).toBe("0 3:Unsupported version");
  });

  it("a host without statistics does not know it", () => {
    expect(textOf(call("guestlib.info.get 3", false))).toBe("0 Unknown command");
  });
});
