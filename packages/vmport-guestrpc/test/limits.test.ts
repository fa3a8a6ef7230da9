/** Each row of the README's "Limits": the attack, and what holds it. */
import { describe, expect, it } from "vitest";
import { createBackdoor, createHost } from "vmport-backdoor";
import { createGuestinfoStore, createGuestrpc, encodeVmportRecord, MAX_MESSAGE_BYTES } from "../src/index.ts";
import { bytesOf, COOKIE, GuestChannel, GuestPort, MAGIC, RPCI, TCLO, textOf } from "./guest.ts";

const OK = 0x0001_0000;
const make = (options: Parameters<typeof createGuestrpc>[0] = {}) => {
  const rpc = createGuestrpc(options);
  return { rpc, port: new GuestPort(rpc) };
};

describe("[vmport-guestrpc] limits", () => {
  it("channel exhaustion: 128, the next fails, and the oldest gives way only after 80 s of idleness", () => {
    let now = 0n;
    const { rpc, port } = make({ nowNs: () => now });
    for (let i = 0; i < 128; i++) {
      now += 1n;
      expect(port.low(0, { ebx: RPCI }).edx).toBe((i << 16) >>> 0);
    }
    for (let i = 0; i < 1000; i++) expect(port.low(0, { ebx: RPCI }).ecx).toBe(0);
    now = 80_000_000_000n;
    expect(port.low(0, { ebx: RPCI }).ecx, "one ns too early").toBe(0);
    now += 1n;
    expect(port.low(0, { ebx: RPCI }).edx, "the channel idle longest").toBe(0);
    expect(rpc.channels()).toHaveLength(128);
  });

  it("cookie guessing: 100,000 wrong cookies change nothing, and the right one still works", () => {
    const { port } = make({ guestinfo: createGuestinfoStore({ initial: { a: "x" } }) });
    const channel = new GuestChannel(port, RPCI);
    channel.step(1, 20);
    for (let i = 0; i < 100_000; i++) {
      const { ecx } = port.low(2, {
        edx: 0,
        ebx: i,
        esi: channel.cookie.esi ^ (i & 1),
        edi: (channel.cookie.edi ^ (i + 1)) >>> 0,
      });
      if (ecx !== 0) throw new Error(`guess ${i} was taken`);
    }
    expect(channel.call("info-get guestinfo.a")).toBe("1 x");
  });

  it("oversized messages: 64 KiB and no byte more", () => {
    const { port } = make();
    const channel = new GuestChannel(port, RPCI);
    expect(channel.step(1, MAX_MESSAGE_BYTES).ecx).toBe(0x0081_0000);
    for (const size of [MAX_MESSAGE_BYTES + 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff])
      expect(channel.step(1, size).ecx).toBe(0);
    expect(channel.call(`log ${"x".repeat(MAX_MESSAGE_BYTES - 4)}`, true)).toBe("1 ");
  });

  it("never-finished messages: one buffer a channel, whatever is begun again", () => {
    const { rpc, port } = make();
    const channels = Array.from({ length: 128 }, () => new GuestChannel(port, RPCI, false));
    for (let round = 0; round < 20; round++) for (const channel of channels) channel.step(1, MAX_MESSAGE_BYTES);
    for (const { receivedHex, expected } of rpc.save().channels)
      expect([receivedHex, expected]).toEqual(["", MAX_MESSAGE_BYTES]);
  });

  it("endless RECV: no message, no end, no growth", () => {
    const { rpc, port } = make();
    const channel = new GuestChannel(port, RPCI);
    const before = encodeVmportRecord(rpc.save()).length;
    for (let i = 0; i < 20_000; i++) expect(channel.step(3).ecx).toBe(0x0081_0000);
    for (let i = 0; i < 20_000; i++) expect(channel.step(4, 1).ecx).toBe(0);
    expect(encodeVmportRecord(rpc.save()).length).toBe(before);
  });

  it("interleaved high bandwidth: two channels, byte by byte in turns, do not meet", () => {
    const { port } = make({ guestinfo: createGuestinfoStore({ initial: { a: "first", b: "second" } }) });
    const pair = [new GuestChannel(port, RPCI), new GuestChannel(port, RPCI, false)] as const;
    const requests = ["info-get guestinfo.a", "info-get guestinfo.b"].map(bytesOf);
    for (const [i, channel] of pair.entries()) channel.step(1, (requests[i] as Uint8Array).length);
    for (let at = 0; at < 20; at++)
      for (const [i, channel] of pair.entries())
        expect(port.out(channel.id, channel.cookie, (requests[i] as Uint8Array).subarray(at, at + 1)).ebx).toBe(OK);
    const sizes = pair.map((channel) => channel.step(3).ebx);
    const replies = sizes.map((size) => new Uint8Array(size));
    for (let at = 0; at < Math.max(...sizes); at++)
      for (const [i, channel] of pair.entries())
        if (at < (sizes[i] as number))
          port.in(channel.id, channel.cookie, (replies[i] as Uint8Array).subarray(at, at + 1));
    expect(replies.map(textOf)).toEqual(["1 first", "1 second"]);
  });

  it.each([2n ** 64n - 1n, 2n ** 63n, 2n ** 32n, 0x20_1001n])(
    "hostile lengths: REP with a count of %s fails before memory is touched",
    (count) => {
      const { rpc, port } = make();
      const channel = new GuestChannel(port, RPCI, false);
      channel.step(1, 16);
      const backdoor = createBackdoor({ host: createHost(), message: rpc });
      const values = [BigInt(MAGIC), count, 0x5659n, 0x1_0000n, 0n, 0n, 0x1000n, 0n];
      const explode = (): never => {
        throw new Error("memory was touched");
      };
      const result = backdoor.highBandwidth({
        direction: "out",
        size: 1,
        rep: true,
        addressBits: 64,
        df: false,
        memory: { read: explode, readBytes: explode, canWrite: explode, write: explode },
        registers: {
          readRegister32: (index) => Number((values[index] as bigint) & 0xffff_ffffn),
          writeRegister32: (index, value) => void (values[index] = BigInt(value)),
          readRegister64: (index) => values[index] as bigint,
          writeRegister64: (index, value) => void (values[index] = value),
          cpl: 3,
        },
      });
      expect(result).toEqual({ result: 0, faultIndex: -1 });
      expect(values[3], "EBX: failed").toBe(0n);
      expect(values[1], "RCX as after a completed REP").toBe(0n);
    },
  );

  it("page faults at each byte: nothing is done twice, in both directions", () => {
    const request = bytesOf("info-set guestinfo.n 1234567");
    for (let fault = 0; fault < request.length; fault++) {
      const { rpc, port } = make();
      const sets: string[] = [];
      rpc.guestinfo.watch(({ key }) => sets.push(key));
      const channel = new GuestChannel(port, RPCI);
      channel.step(1, request.length);
      const before = encodeVmportRecord(rpc.save());
      const faulted = port.out(channel.id, channel.cookie, request, fault);
      expect([faulted.faultIndex, faulted.ecx, faulted.esi]).toEqual([fault, request.length, 0x1000]);
      expect(encodeVmportRecord(rpc.save())).toEqual(before);
      expect(port.out(channel.id, channel.cookie, request).ebx).toBe(OK);
      expect(sets).toEqual(["n"]);
      const size = channel.step(3).ebx;
      const waiting = encodeVmportRecord(rpc.save());
      const reply = new Uint8Array(size);
      expect(port.in(channel.id, channel.cookie, reply, fault % size).faultIndex).toBe(fault % size);
      expect([...reply], "no byte was stored").toEqual(new Array(size).fill(0));
      expect(encodeVmportRecord(rpc.save())).toEqual(waiting);
      port.in(channel.id, channel.cookie, reply);
      expect(textOf(reply)).toBe("1 ");
    }
  });

  it("keys and values at their limits, and one byte over", () => {
    const { port } = make();
    const channel = new GuestChannel(port, RPCI);
    const set = (key: number, value: number): string =>
      channel.call(`info-set guestinfo.${"k".repeat(key)} ${"v".repeat(value)}`, true);
    expect(set(128, 1)).toBe("1 ");
    expect(set(129, 1)).toBe("0 Key is too long");
    const room = MAX_MESSAGE_BYTES - "info-set guestinfo.k ".length;
    expect(set(1, room)).toBe("1 ");
    expect(channel.step(1, MAX_MESSAGE_BYTES + 1).ecx, "a longer one is no message").toBe(0);
  });

  it("a million guestinfo keys: 1024 are kept, the others refused; the host's own are not counted", () => {
    const store = createGuestinfoStore({ initial: { host: "x" } });
    let refused = 0;
    for (let i = 0; i < 1_000_000; i++) if (store.set(`key${i}`, "v", "guest")?.code === "too-many-keys") refused++;
    expect(refused).toBe(1_000_000 - 1024);
    expect(store.list()).toHaveLength(1025);
  });

  it("guestinfo takes 1 MiB of the guest's in all", () => {
    const { rpc, port } = make();
    const channel = new GuestChannel(port, RPCI);
    const replies = Array.from({ length: 20 }, (_, i) =>
      channel.call(`info-set guestinfo.k${i} ${"v".repeat(65_000)}`, true),
    );
    expect(replies.filter((reply) => reply === "1 ")).toHaveLength(16);
    expect(replies.at(-1)).toBe("0 Out of memory");
    expect(rpc.guestinfo.list()).toHaveLength(16);
  });

  it("TCLO: tools that open and never poll hold 32 commands each", async () => {
    const { rpc, port } = make({ tclo: { greeting: [] } });
    const channel = new GuestChannel(port, TCLO);
    channel.receive(false);
    channel.send(bytesOf("OK ATR toolbox"), false);
    const outcomes: string[] = [];
    for (let i = 0; i < 40; i++) void rpc.call(`c${i}`, { onResult: ({ outcome }) => outcomes.push(outcome) });
    expect(outcomes).toEqual(new Array(7).fill("not-sent"));
    expect(rpc.save().tclo[0]?.queue).toHaveLength(32);
  });

  it("nothing leaks between machines: each has its own channels, keys, tools and cookies", () => {
    const [one, two] = [make({ seed: 1 }), make({ seed: 2 })];
    const channel = new GuestChannel(one.port, RPCI);
    channel.call("info-set guestinfo.secret x");
    channel.call("tools.set.version 7");
    expect(two.rpc.channels()).toEqual([]);
    expect(two.rpc.guestinfo.list()).toEqual([]);
    expect(two.rpc.tools.version).toBeUndefined();
    const cookies = [one, two].map(({ port }) => port.low(0, { ebx: (RPCI | COOKIE) >>> 0 }).esi);
    expect(cookies[0]).not.toBe(cookies[1]);
    expect(two.port.low(2, { edx: (channel.id << 16) >>> 0, ...channel.cookie }).ecx).toBe(0);
  });
});
