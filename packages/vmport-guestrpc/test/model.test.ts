/**
 * The whole channel protocol against a model written from its description alone: random steps on several channels, right and wrong
 * cookies, both bandwidths, page faults, checkpoints, save and load. HVM_FUZZ_RUNS sets the number of sequences.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createGuestrpc, type Guestrpc } from "../src/index.ts";
import { COOKIE, GuestPort, MAGIC, RPCI } from "./guest.ts";

const RUNS = Number(process.env["HVM_FUZZ_RUNS"] ?? 100);
const CHANNELS = 3;
const OK = 0x0001_0000;
const OFFER = 0x0080_0000;
const DORECV = 0x0002_0000;
const CPT = 0x0010_0000;

/** Every request is answered by its length: "1 17". */
const create = (): Guestrpc =>
  createGuestrpc({
    maxChannels: CHANNELS,
    commands: [{ verb: "*", handle: (call) => ({ ok: true, payload: String(call.verb.length) }) }],
  });

interface ModelChannel {
  cookie: { esi: number; edi: number } | undefined;
  phase: "idle" | "sending" | "receiving";
  total: number;
  got: number;
  reply: string | undefined;
  read: number;
  told: boolean;
}

/** Registers that matter: ECX, EBX, EDX of a low-bandwidth step; EBX of a high-bandwidth one. */
type Answer = { ecx: number; ebx?: number; edx?: number } | { hb: number } | "fault";

class Model {
  channels: (ModelChannel | undefined)[] = new Array(CHANNELS).fill(undefined);

  open(cookie: { esi: number; edi: number } | undefined): Answer {
    const id = this.channels.indexOf(undefined);
    if (id < 0) return { ecx: 0 };
    this.channels[id] = { cookie, phase: "idle", total: 0, got: 0, reply: undefined, read: 0, told: true };
    return { ecx: OK, edx: id << 16 };
  }

  /** A checkpoint is told once, to the next step that goes on with what it broke. */
  #broken(channel: ModelChannel): boolean {
    const broken = !channel.told;
    channel.told = true;
    return broken;
  }

  step(id: number, type: number, ebx: number, goodCookie: boolean): Answer {
    const channel = this.channels[id];
    if (channel === undefined || (channel.cookie !== undefined && !goodCookie)) return { ecx: 0 };
    switch (type) {
      case 1:
        channel.told = true;
        channel.reply = undefined;
        channel.phase = "idle";
        if (ebx > 65_536) return { ecx: 0 };
        if (ebx === 0) channel.reply = "1 0";
        else Object.assign(channel, { phase: "sending", total: ebx, got: 0 });
        return { ecx: OK + OFFER };
      case 2:
        if (this.#broken(channel)) return { ecx: CPT };
        if (channel.phase !== "sending") return { ecx: 0 };
        this.#arrive(channel, Math.min(4, channel.total - channel.got));
        return { ecx: OK };
      case 3:
        channel.told = true;
        if (channel.phase === "sending") return { ecx: 0, ebx: 0 };
        if (channel.reply === undefined) return { ecx: OK + OFFER, ebx: 0 };
        channel.phase = "receiving";
        channel.read = 0;
        return { ecx: OK + OFFER + DORECV, ebx: channel.reply.length, edx: 0x1_0000 };
      case 4: {
        if (ebx % 2 === 0) return this.#end(channel);
        if (this.#broken(channel)) return { ecx: CPT };
        if (channel.phase !== "receiving" || channel.read >= (channel.reply as string).length) return { ecx: 0 };
        const piece = (channel.reply as string).slice(channel.read, channel.read + 4);
        channel.read += piece.length;
        const word = [...piece].reduce((sum, letter, i) => sum + letter.charCodeAt(0) * 256 ** i, 0);
        return { ecx: OK, ebx: word, edx: 0x2_0000 };
      }
      case 5:
        return this.#end(channel);
      case 6:
        this.channels[id] = undefined;
        return { ecx: OK };
      default:
        return { ecx: 0 };
    }
  }

  bulk(direction: "in" | "out", id: number, count: number, goodCookie: boolean, fault: boolean): Answer {
    const channel = this.channels[id];
    if (channel === undefined || (channel.cookie !== undefined && !goodCookie)) return { hb: 0 };
    if (this.#broken(channel)) return { hb: CPT };
    if (direction === "out") {
      if (channel.phase !== "sending") return { hb: 0 };
      if (count > channel.total - channel.got) {
        channel.phase = "idle";
        return { hb: 0 };
      }
      if (fault) return "fault";
      this.#arrive(channel, count);
    } else {
      if (channel.phase !== "receiving" || count > (channel.reply as string).length - channel.read) return { hb: 0 };
      if (fault) return "fault";
      channel.read += count;
    }
    return { hb: OK };
  }

  checkpoint(): void {
    for (const channel of this.channels) {
      if (channel === undefined || channel.phase === "idle") continue;
      channel.phase = "idle";
      channel.told = false;
    }
  }

  #arrive(channel: ModelChannel, count: number): void {
    channel.got += count;
    if (channel.got < channel.total) return;
    channel.phase = "idle";
    channel.reply = `1 ${channel.total}`;
  }

  #end(channel: ModelChannel): Answer {
    if (this.#broken(channel)) return { ecx: CPT };
    if (channel.phase !== "receiving") return { ecx: 0 };
    channel.phase = "idle";
    channel.reply = undefined;
    return { ecx: OK };
  }
}

const id = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom(0, 0, 0, 1, 2) },
  { weight: 1, arbitrary: fc.constant(CHANNELS) },
);
const good = fc.integer({ min: 0, max: 14 }).map((n) => n > 0);
const fault = fc.integer({ min: 0, max: 3 }).map((n) => n === 0);
const step = (weight: number, type: number, ebx: fc.Arbitrary<number>) => ({
  weight,
  arbitrary: fc.record({ act: fc.constant("step" as const), id, type: fc.constant(type), ebx, good }),
});
const bulk = (weight: number, direction: "in" | "out", count: fc.Arbitrary<number>) => ({
  weight,
  arbitrary: fc.record({
    act: fc.constant("bulk" as const),
    direction: fc.constant(direction),
    id,
    count,
    good,
    fault,
  }),
});
const small = fc.integer({ min: 1, max: 12 });
const action = fc.oneof(
  { weight: 4, arbitrary: fc.record({ act: fc.constant("open" as const), cookie: fc.boolean() }) },
  step(
    6,
    1,
    fc.oneof(
      { weight: 8, arbitrary: small },
      { weight: 1, arbitrary: fc.constantFrom(0, 65_536, 65_537, 0xffff_ffff) },
    ),
  ),
  step(12, 2, fc.constant(0x6161_6161)),
  step(8, 3, fc.constantFrom(0, 1)),
  step(6, 4, fc.constantFrom(1, 1, 1, 0)),
  step(3, 5, fc.constantFrom(1, 0)),
  step(1, 6, fc.constant(0)),
  step(1, 7, fc.constant(0)),
  bulk(6, "out", small),
  bulk(4, "in", fc.integer({ min: 1, max: 4 })),
  { weight: 1, arbitrary: fc.record({ act: fc.constant("checkpoint" as const) }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant("move" as const) }) },
);

describe("[vmport-guestrpc] the protocol against a model", () => {
  it("every register of every step agrees", () => {
    fc.assert(
      fc.property(fc.array(action, { minLength: 40, maxLength: 150, size: "max" }), (actions) => {
        const model = new Model();
        let rpc = create();
        let port = new GuestPort(rpc);
        const cookieFor = (channel: number, ok: boolean) => {
          const cookie = model.channels[channel]?.cookie ?? { esi: 0x1234, edi: 0x5678 };
          return ok ? cookie : { esi: cookie.esi, edi: (cookie.edi ^ 1) >>> 0 };
        };
        for (const one of actions) {
          if (one.act === "checkpoint") {
            rpc.checkpoint();
            model.checkpoint();
          } else if (one.act === "move") {
            const saved = JSON.parse(JSON.stringify(rpc.save()));
            rpc = create();
            rpc.load(saved);
            port = new GuestPort(rpc);
          } else if (one.act === "open") {
            const regs = port.low(0, { ebx: one.cookie ? (RPCI | COOKIE) >>> 0 : RPCI });
            const expected = model.open(one.cookie ? { esi: regs.esi, edi: regs.edi } : undefined) as {
              ecx: number;
              edx?: number;
            };
            expect(regs.ecx).toBe(expected.ecx);
            if (expected.edx !== undefined) expect([regs.eax, regs.edx]).toEqual([0, expected.edx]);
          } else if (one.act === "step") {
            const cookie = cookieFor(one.id, one.good);
            const edx = one.id << 16;
            const expected = model.step(one.id, one.type, one.ebx, one.good) as {
              ecx: number;
              ebx?: number;
              edx?: number;
            };
            const regs = port.low(one.type, { ebx: one.ebx, edx, ...cookie });
            expect([regs.ecx, regs.ebx, regs.edx]).toEqual([
              expected.ecx,
              expected.ebx ?? one.ebx,
              expected.edx ?? (edx | 0x5658) >>> 0,
            ]);
            expect([regs.eax, regs.esi, regs.edi]).toEqual([MAGIC, cookie.esi, cookie.edi]);
          } else {
            const cookie = cookieFor(one.id, one.good);
            const bytes = new Uint8Array(one.count).fill(0x61);
            const expected = model.bulk(one.direction, one.id, one.count, one.good, one.fault);
            const regs = port[one.direction](one.id, cookie, bytes, one.fault ? one.count - 1 : -1);
            if (expected === "fault")
              expect([regs.faultIndex, regs.ebx, regs.ecx]).toEqual([one.count - 1, OK, one.count]);
            else expect([regs.faultIndex, regs.ebx, regs.ecx]).toEqual([-1, (expected as { hb: number }).hb, 0]);
          }
        }
      }),
      { numRuns: RUNS },
    );
  });
});
