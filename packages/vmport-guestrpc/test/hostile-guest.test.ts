/**
 * A guest that tries everything on the message channels. HVM_FUZZ_CALLS sets how many calls are made; the default keeps the suite
 * quick.
 */
import { describe, expect, it } from "vitest";
import { vmware, xenV6 } from "vmport-backdoor";
import { createGuestrpc, defaultRpciCommands, vmwareDialect, xenV6Dialect } from "../src/index.ts";
import { GuestPort, RPCI, TCLO } from "./guest.ts";

const CALLS = Number(process.env["HVM_FUZZ_CALLS"] ?? 8_000);

function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

describe.each([
  ["vmware", vmware, vmwareDialect, 128],
  ["xen-v6", xenV6, xenV6Dialect, 8],
] as const)("[vmport-guestrpc] hostile guest under %s", (_name, personality, dialect, most) => {
  it(`${CALLS} random calls: no exception, every bound holds`, () => {
    const next = numbers(0x2545_f491);
    const pick = <T>(...values: T[]): T => values[next() % values.length] as T;
    let now = 0n;
    const tcloOptions = { pingIntervalNs: 5_000n, pingTimeoutNs: 20_000n };
    const rpc = createGuestrpc({
      dialect,
      nowNs: () => now,
      idleLimitNs: 1_000_000n,
      tclo: tcloOptions,
      onSchedule: () => {},
    });
    const port = new GuestPort(rpc, personality);
    const encoder = new TextEncoder();
    const requests = defaultRpciCommands.map((command) =>
      encoder.encode(command.verb.replace("*", "abc") + " guestinfo.k" + " v"),
    );
    /** Cookies the guest has been given; it also tries others. */
    const cookies = new Map<number, { esi: number; edi: number }>();
    for (let i = 0; i < CALLS; i++) {
      now += BigInt(next() % 1000);
      const channel = pick(next() % 4, next() % 130, next() & 0xffff);
      const cookie = next() % 8 === 0 ? { esi: next(), edi: next() } : (cookies.get(channel) ?? { esi: 0, edi: 0 });
      const kind = next() % 20;
      if (kind === 0) {
        const regs = port.low(0, { ebx: pick(RPCI, RPCI + 0x8000_0000, TCLO, TCLO + 0x8000_0000, next()) });
        if (regs.ecx !== 0) cookies.set(regs.edx >>> 16, { esi: regs.esi, edi: regs.edi });
      } else if (kind < 4) {
        const bytes = pick(
          ...requests,
          encoder.encode("OK ATR toolbox"),
          encoder.encode(`info-set guestinfo.k${next()} ${"v".repeat(next() % 300)}`),
        );
        port.low(1, { ebx: bytes.length, edx: channel << 16, ...cookie });
        port.out(channel, cookie, bytes, next() % 10 === 0 ? 0 : -1);
      } else if (kind < 6) {
        port[pick("in", "out")](channel, cookie, new Uint8Array(next() % 300), next() % 5 === 0 ? 1 : -1);
      } else if (kind === 6 && next() % 16 === 0) {
        rpc.checkpoint();
      } else if (kind === 7 && next() % 16 === 0) {
        rpc.call("x", { timeoutNs: BigInt(next() % 10_000) });
        rpc.tick();
      } else {
        const type = pick(1, 2, 3, 4, 5, 6, next() & 0xffff);
        const ebx = pick(next() % 16, next() % 70_000, next(), 0, 1);
        const regs = port.low(type, { ebx, edx: (channel << 16) >>> 0, ...cookie }, pick("in", "out"));
        // Bits 15:0 are cleared, or stay the command; bits a host may set are those of the protocol.
        expect([0, 30]).toContain(regs.ecx & 0xffff);
      }
    }
    expect(rpc.channels().length).toBeLessThanOrEqual(most);
    expect(rpc.guestinfo.list().length).toBeLessThanOrEqual(1024);
    const { channels, tclo, tools } = rpc.save();
    for (const { receivedHex, outgoingHex } of channels) {
      expect(receivedHex.length).toBeLessThanOrEqual(2 * 65_536);
      expect((outgoingHex ?? "").length).toBeLessThanOrEqual(2 * 65_600);
    }
    for (const { queue } of tclo) expect(queue.length).toBeLessThanOrEqual(32);
    expect(tools.capabilities.length).toBeLessThanOrEqual(128);
  });
});
