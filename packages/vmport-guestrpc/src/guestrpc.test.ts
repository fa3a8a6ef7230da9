import { describe, expect, it } from "vitest";
import { createDebugLog, toConsoleLine } from "vmport-debug-log";
import { bytesOf, COOKIE, GuestChannel, GuestPort, MAGIC, RPCI, TCLO, textOf } from "../test/guest.ts";
import { createGuestinfoStore, createGuestrpc, type GuestrpcEvent, type GuestrpcOptions } from "./index.ts";

function make(options: GuestrpcOptions = {}) {
  const guestinfo = createGuestinfoStore({ initial: { greeting: "hello", empty: "" } });
  const rpc = createGuestrpc({ guestinfo, ...options });
  return { rpc, port: new GuestPort(rpc) };
}

const open = (port: GuestPort, protocol = RPCI, cookie = true) => new GuestChannel(port, protocol, cookie);

describe("[vmport-guestrpc] register values guests compare for equality", () => {
  it("OPEN: EAX 0, ECX 0x00010000, EDX id<<16 with a low half of 0, cookie in ESI:EDI", () => {
    const { port } = make();
    const first = port.low(0, { ebx: (RPCI | COOKIE) >>> 0, esi: 1, edi: 2 });
    expect([first.eax, first.ecx, first.edx]).toEqual([0, 0x0001_0000, 0]);
    expect([first.esi, first.edi]).not.toEqual([1, 2]);
    const second = port.low(0, { ebx: (RPCI | COOKIE) >>> 0 });
    expect(second.edx).toBe(0x0001_0000);
    expect([second.esi, second.edi]).not.toEqual([first.esi, first.edi]);
  });

  it("OPEN without the flag leaves ESI and EDI alone, and no cookie is asked later (iPXE, FreeBSD)", () => {
    const { port } = make();
    const regs = port.low(0, { ebx: RPCI, esi: 0x11, edi: 0x22 });
    expect([regs.ecx, regs.esi, regs.edi]).toEqual([0x0001_0000, 0x11, 0x22]);
    expect(port.low(1, { ebx: 4, edx: 0, esi: 0x99, edi: 0x77 }).ecx).toBe(0x0081_0000);
  });

  it("SENDSIZE 0x00810000 with the high-bandwidth offer, 0x00010000 without", () => {
    expect(open(make().port).step(1, 4).ecx).toBe(0x0081_0000);
    expect(open(make({ offerHighBandwidth: false }).port).step(1, 4).ecx).toBe(0x0001_0000);
  });

  it("SENDPAYLOAD, RECVPAYLOAD, RECVSTATUS, CLOSE: 0x00010000; the reply ids in EDX", () => {
    const channel = open(make().port);
    expect(channel.step(1, 4).ecx).toBe(0x0081_0000);
    expect(channel.step(2, 0x2067_6f6c).ecx).toBe(0x0001_0000);
    const size = channel.step(3);
    expect([size.ecx, size.ebx, size.edx]).toEqual([0x0083_0000, 2, 0x0001_0000]);
    const payload = channel.step(4, 1);
    expect([payload.ecx, payload.ebx, payload.edx]).toEqual([0x0001_0000, 0x2031, 0x0002_0000]);
    expect(channel.step(5, 1).ecx).toBe(0x0001_0000);
    expect(channel.close().ecx).toBe(0x0001_0000);
  });

  it("RECVSIZE with nothing waiting: no DORECV, EBX 0 (afterburn takes EBX for the length)", () => {
    const regs = open(make().port).step(3, 0);
    expect([regs.ecx, regs.ebx]).toEqual([0x0081_0000, 0]);
    expect(open(make({ offerHighBandwidth: false }).port).step(3).ecx).toBe(0x0001_0000);
  });

  it("failures: ECX all zero, other registers as they were; high bandwidth: EBX 0", () => {
    const { port } = make();
    const regs = port.low(1, { ebx: 7, edx: 0x0005_0000, esi: 3, edi: 4 });
    expect(regs).toEqual({ eax: MAGIC, ebx: 7, ecx: 0, edx: 0x0005_5658, esi: 3, edi: 4, esp: 0, ebp: 0 });
    expect(port.out(5, { esi: 0, edi: 0 }, bytesOf("x")).ebx).toBe(0);
  });

  it("the low half of ECX is 0 on success and the upper halves of other registers stay zero", () => {
    const channel = open(make().port);
    for (const [type, ebx] of [
      [1, 4],
      [2, 0x20676f6c],
      [3, 0],
      [4, 1],
      [5, 1],
      [6, 0],
    ] as const) {
      expect(channel.step(type, ebx).ecx & 0xffff).toBe(0);
    }
  });
});

describe("[vmport-guestrpc] refusals", () => {
  it("an unknown protocol, and message types beyond CLOSE", () => {
    const { port } = make();
    expect(port.low(0, { ebx: 0x1234 }).ecx).toBe(0);
    const channel = open(port);
    expect(channel.step(7).ecx).toBe(0);
    expect(channel.step(0xffff).ecx).toBe(0);
  });

  it("a wrong cookie, either half: no effect on the channel", () => {
    const { port } = make();
    const channel = open(port);
    channel.step(1, 4);
    for (const [esi, edi] of [
      [channel.cookie.esi ^ 1, channel.cookie.edi],
      [channel.cookie.esi, channel.cookie.edi ^ 1],
      [0, 0],
    ]) {
      for (const type of [1, 2, 3, 4, 5, 6]) {
        expect(
          port.low(type, { ebx: 1, edx: channel.id << 16, esi: (esi as number) >>> 0, edi: (edi as number) >>> 0 }).ecx,
        ).toBe(0);
      }
    }
    expect(port.out(channel.id, { esi: 0, edi: 0 }, bytesOf("log ")).ebx).toBe(0);
    expect(channel.step(2, 0x2067_6f6c).ecx).toBe(0x0001_0000);
    expect(channel.step(3).ecx).toBe(0x0083_0000);
  });

  it("the 129th channel; closing one makes room, the lowest id is used again", () => {
    const { port } = make();
    const channels = Array.from({ length: 128 }, () => open(port));
    expect(channels.map((channel) => channel.id)).toEqual(Array.from({ length: 128 }, (_, i) => i));
    expect(port.low(0, { ebx: (RPCI | COOKIE) >>> 0 }).ecx).toBe(0);
    channels[40]?.close();
    expect(open(port).id).toBe(40);
    expect(channels[40]?.step(3).ecx, "the old cookie opens nothing").toBe(0);
  });

  it("when all are taken, the one idle longest goes after 80 s, and only then", () => {
    let now = 0n;
    const { port } = make({ nowNs: () => now, maxChannels: 8 });
    const channels = Array.from({ length: 8 }, () => {
      now += 1_000_000_000n;
      return open(port);
    });
    now = 79_000_000_000n;
    channels[0]?.step(3);
    now = 81_999_999_999n;
    expect(port.low(0, { ebx: RPCI }).ecx).toBe(0);
    now = 82_000_000_000n;
    expect(open(port).id, "channel 1 was used at 2 s").toBe(1);
    expect(channels[1]?.step(3).ecx).toBe(0);
    expect(channels[0]?.step(3).ecx).toBe(0x0081_0000);
  });

  it("a message of 64 KiB is taken, one byte more is not", () => {
    const { port } = make();
    const channel = open(port);
    expect(channel.step(1, 0x1_0000).ecx).toBe(0x0081_0000);
    expect(channel.step(1, 0x1_0001).ecx).toBe(0);
    expect(channel.step(1, 0xffff_ffff).ecx).toBe(0);
    expect(channel.step(2, 1).ecx, "and nothing of it is being sent").toBe(0);
    expect(channel.call("info-get guestinfo.greeting")).toBe("1 hello");
  });

  it("payload without size, status without message, more than announced", () => {
    const channel = open(make().port);
    expect(channel.step(2, 1).ecx).toBe(0);
    expect(channel.step(4, 1).ecx).toBe(0);
    expect(channel.step(5, 1).ecx).toBe(0);
    channel.step(1, 4);
    channel.step(2, 0x2067_6f6c);
    expect(channel.step(2, 0).ecx).toBe(0);
    channel.step(3);
    channel.step(4, 1);
    expect(channel.step(4, 1).ecx, "beyond the end of the reply").toBe(0);
    expect(channel.step(5, 1).ecx).toBe(0x0001_0000);
  });
});

describe("[vmport-guestrpc] messages", () => {
  it.each([
    [false, false],
    [false, true],
    [true, false],
    [true, true],
  ])("round trips, sending high: %s, receiving high: %s", (sendHigh, receiveHigh) => {
    const { port, rpc } = make();
    const channel = open(port);
    const ask = (text: string) => {
      channel.send(bytesOf(text), sendHigh);
      return textOf(channel.receive(receiveHigh) as Uint8Array);
    };
    expect(ask("info-get guestinfo.greeting")).toBe("1 hello");
    expect(ask("info-get guestinfo.absent")).toBe("0 No value found");
    // The longest message there is; over low bandwidth 16 KiB will do.
    const long = "v".repeat((sendHigh ? 65_536 : 16_384) - "info-set guestinfo.k ".length);
    expect(ask(`info-set guestinfo.k ${long}`)).toBe("1 ");
    expect(rpc.guestinfo.get("k")).toBe(long);
    expect(ask("info-get guestinfo.k")).toBe(`1 ${long}`);
  });

  it.each([1, 2, 3, 4, 5, 7])("tails: a request that leaves %d bytes over", (extra) => {
    const { port } = make();
    const key = "k".repeat(extra);
    const channel = open(port);
    expect(channel.call(`info-set guestinfo.${key} ${"abcdefg".slice(0, extra)}`)).toBe("1 ");
    expect(channel.call(`info-get guestinfo.${key}`)).toBe(`1 ${"abcdefg".slice(0, extra)}`);
  });

  it("partial high-bandwidth transfers add up, in both directions", () => {
    const channel = open(make().port);
    const request = bytesOf("info-get guestinfo.greeting");
    channel.step(1, request.length);
    expect(channel.port.out(channel.id, channel.cookie, request.subarray(0, 10)).ebx).toBe(0x0001_0000);
    expect(channel.port.out(channel.id, channel.cookie, request.subarray(10)).ebx).toBe(0x0001_0000);
    const length = channel.step(3).ebx;
    const head = new Uint8Array(3);
    const tail = new Uint8Array(length - 3);
    expect(channel.port.in(channel.id, channel.cookie, head).ebx).toBe(0x0001_0000);
    expect(channel.port.in(channel.id, channel.cookie, tail).ebx).toBe(0x0001_0000);
    expect(textOf(head) + textOf(tail)).toBe("1 hello");
  });

  it("both bandwidths may alternate within one message", () => {
    const channel = open(make().port);
    const request = bytesOf("info-get guestinfo.greeting");
    channel.step(1, request.length);
    channel.step(2, 0x6f66_6e69);
    expect(channel.port.out(channel.id, channel.cookie, request.subarray(4)).ebx).toBe(0x0001_0000);
    expect(channel.step(3).ebx).toBe(7);
    expect(channel.step(4, 1).ebx).toBe(0x6568_2031);
    const rest = new Uint8Array(3);
    channel.port.in(channel.id, channel.cookie, rest);
    expect(textOf(rest)).toBe("llo");
  });

  it("a high-bandwidth transfer longer than announced fails and ends the message", () => {
    const channel = open(make().port);
    channel.step(1, 4);
    expect(channel.port.out(channel.id, channel.cookie, bytesOf("log x")).ebx).toBe(0);
    expect(channel.step(2, 0).ecx).toBe(0);
    channel.send(bytesOf("log "), false);
    channel.step(3);
    expect(channel.port.in(channel.id, channel.cookie, new Uint8Array(3)).ebx).toBe(0);
    expect(channel.step(4, 0).ecx, "the guest gives up").toBe(0x0001_0000);
    expect(channel.step(3).ecx).toBe(0x0081_0000);
  });

  it("a page fault in REP OUTSB or REP INSB does nothing, and the repeated instruction does all", () => {
    const channel = open(make().port);
    const request = bytesOf("info-get guestinfo.greeting");
    channel.step(1, request.length);
    for (let at = 0; at < request.length; at++) {
      const regs = channel.port.out(channel.id, channel.cookie, request, at);
      expect([regs.faultIndex, regs.ecx, regs.esi]).toEqual([at, request.length, 0x1000]);
    }
    const done = channel.port.out(channel.id, channel.cookie, request);
    expect([done.faultIndex, done.ecx, done.esi]).toEqual([-1, 0, 0x1000 + request.length]);
    const length = channel.step(3).ebx;
    for (let at = 0; at < length; at++) {
      const into = new Uint8Array(length);
      expect(channel.port.in(channel.id, channel.cookie, into, at).faultIndex).toBe(at);
      expect([...into]).toEqual(new Array(length).fill(0));
    }
    const into = new Uint8Array(length);
    channel.port.in(channel.id, channel.cookie, into);
    expect(textOf(into)).toBe("1 hello");
    expect(channel.step(5, 1).ecx).toBe(0x0001_0000);
  });

  it("a length of 2^53 is refused before any memory is touched", () => {
    const channel = open(make().port);
    channel.step(1, 8);
    let touched = 0;
    const registers = {
      readRegister32: (index: number) =>
        [
          MAGIC,
          0xffff_ffff,
          ((channel.id << 16) | 0x5659) >>> 0,
          0x1_0000,
          0,
          channel.cookie.esi,
          0,
          channel.cookie.edi,
        ][index] as number,
      readRegister64: () => 0xffff_ffff_ffff_ffffn,
      writeRegister32: () => {},
      writeRegister64: () => {},
      cpl: 3,
    };
    const memory = { read: () => touched++, canWrite: () => touched++ >= 0, write: () => {} };
    channel.port.backdoor.highBandwidth({
      direction: "out",
      size: 1,
      rep: true,
      addressBits: 64,
      df: false,
      memory,
      registers,
    });
    expect(touched).toBe(0);
  });

  it("RECVSIZE again starts from the beginning", () => {
    const channel = open(make().port);
    channel.send(bytesOf("info-get guestinfo.greeting"), false);
    channel.step(3);
    channel.step(4, 1);
    expect(textOf(channel.receive(false) as Uint8Array)).toBe("1 hello");
  });

  it("a reply that was not fetched, or not acknowledged, makes way for the next request", () => {
    const channel = open(make().port);
    channel.send(bytesOf("info-get guestinfo.absent"), false);
    expect(channel.call("info-get guestinfo.greeting")).toBe("1 hello");
    channel.send(bytesOf("info-get guestinfo.absent"), false);
    channel.step(3);
    channel.step(4, 1);
    expect(channel.call("info-get guestinfo.greeting")).toBe("1 hello");
  });

  it("zero-length messages: an RPCI one is an unknown command", () => {
    const channel = open(make().port);
    expect(channel.step(1, 0).ecx).toBe(0x0081_0000);
    expect(textOf(channel.receive(false) as Uint8Array)).toBe("0 Unknown command");
  });

  it("an empty value is a reply of two bytes", () => {
    expect(open(make().port).call("info-get guestinfo.empty", true)).toBe("1 ");
  });

  it("channels do not see each other", () => {
    const { port } = make();
    const [a, b] = [open(port), open(port)];
    a.send(bytesOf("info-get guestinfo.greeting"), false);
    expect(b.step(3).ecx).toBe(0x0081_0000);
    b.step(1, 8);
    expect(textOf(a.receive(true) as Uint8Array)).toBe("1 hello");
  });

  it("CLOSE is legal in every state", () => {
    const { port, rpc } = make();
    const prepare: ((channel: GuestChannel) => void)[] = [
      () => {},
      (channel) => void channel.step(1, 100),
      (channel) => channel.send(bytesOf("log x"), false),
      (channel) => {
        channel.send(bytesOf("log x"), false);
        channel.step(3);
      },
    ];
    for (const step of prepare) {
      const channel = open(port);
      step(channel);
      expect(channel.close().ecx).toBe(0x0001_0000);
    }
    expect(rpc.channels()).toEqual([]);
  });
});

describe("[vmport-guestrpc] checkpoint", () => {
  const CPT = 0x0010_0000;

  it("half-way through sending: the next piece is told, the guest starts over", () => {
    const { port, rpc } = make();
    const channel = open(port);
    const request = bytesOf("info-get guestinfo.greeting");
    channel.step(1, request.length);
    channel.step(2, 0x6f66_6e69);
    rpc.checkpoint();
    expect(channel.step(2, 0x7465_672d).ecx).toBe(CPT);
    expect(channel.call("info-get guestinfo.greeting")).toBe("1 hello");
  });

  it("the same over the high-bandwidth port: in EBX", () => {
    const { port, rpc } = make();
    const channel = open(port);
    channel.step(1, 5);
    rpc.checkpoint();
    expect(channel.port.out(channel.id, channel.cookie, bytesOf("log x")).ebx).toBe(CPT);
    channel.send(bytesOf("log x"), true);
    channel.step(3);
    rpc.checkpoint();
    expect(channel.port.in(channel.id, channel.cookie, new Uint8Array(2)).ebx).toBe(CPT);
  });

  it("half-way through receiving: the message survives and is read again", () => {
    const { port, rpc } = make();
    const channel = open(port);
    channel.send(bytesOf("info-get guestinfo.greeting"), false);
    channel.step(3);
    channel.step(4, 1);
    rpc.checkpoint();
    expect(channel.step(4, 1).ecx).toBe(CPT);
    expect(textOf(channel.receive(false) as Uint8Array)).toBe("1 hello");
  });

  it("says so once, and not at all to a guest that starts over by itself or had nothing half-way", () => {
    const { port, rpc } = make();
    const channel = open(port);
    rpc.checkpoint();
    expect(channel.call("info-get guestinfo.greeting")).toBe("1 hello");
    channel.step(1, 100);
    rpc.checkpoint();
    expect(channel.call("info-get guestinfo.greeting")).toBe("1 hello");
    channel.step(1, 100);
    rpc.checkpoint();
    expect(channel.step(2, 0).ecx).toBe(CPT);
    expect(channel.step(2, 0).ecx).toBe(0);
  });
});

describe("[vmport-guestrpc] save and load", () => {
  const request = bytesOf("info-get guestinfo.greeting");
  const words = Array.from({ length: Math.ceil(request.length / 4) }, (_, i) =>
    [0, 1, 2, 3].reduce((word, b) => (word | ((request[4 * i + b] ?? 0) << (8 * b))) >>> 0, 0),
  );
  const steps: (readonly [number, number])[] = [
    [1, request.length],
    ...words.map((word) => [2, word] as const),
    [3, 0],
    [4, 1],
    [4, 1],
    [5, 1],
    [3, 0],
  ];

  /** The round trip's registers, with the host saved and loaded into another one before step `saveAt`. */
  const run = (saveAt: number): string[] => {
    let { port, rpc } = make();
    const { id, cookie } = open(port);
    return steps.map(([type, ebx], i) => {
      if (i === saveAt) {
        const saved = JSON.parse(JSON.stringify(rpc.save()));
        rpc = createGuestrpc();
        rpc.load(saved);
        port = new GuestPort(rpc);
      }
      const regs = port.low(type, { ebx, edx: id << 16, ...cookie });
      return [regs.ecx, regs.ebx, regs.edx].map((value) => value.toString(16)).join(" ");
    });
  };

  it.each(steps.map((_, i) => i))("before step %d of a round trip: the guest notices nothing", (at) => {
    const undisturbed = run(-1);
    expect(undisturbed.at(-3)).toBe("10000 6f6c6c 20000");
    expect(run(at)).toEqual(undisturbed);
  });

  it("cookies go on where they were", () => {
    const { port, rpc } = make();
    open(port);
    const saved = rpc.save();
    const expected = open(port).cookie;
    const other = make();
    other.rpc.load(saved);
    expect(open(other.port).cookie).toEqual(expected);
  });

  it("refuses another version", () => {
    const { rpc } = make();
    expect(() => rpc.load({ ...rpc.save(), version: 9 as 2 })).toThrow("state version 9, expected 2");
  });

  it.each([
    { state: "receiving", outgoingHex: null },
    { state: "sending", expected: 2, receivedHex: "00112233" },
    { state: "sending", expected: 0x1_0001, receivedHex: "" },
    { cursor: 5, outgoingHex: "0011" },
  ] as const)("refuses a channel that contradicts itself: %j", (broken) => {
    const { port, rpc } = make();
    open(port);
    const saved = rpc.save();
    const channels = saved.channels.map((channel) => ({ ...channel, ...broken }));
    expect(() => createGuestrpc().load({ ...saved, channels })).toThrow("saved channel 0 contradicts itself");
  });

  it("reset closes all channels and keeps guestinfo", () => {
    const { port, rpc } = make();
    const channel = open(port);
    rpc.reset();
    expect(channel.step(3).ecx).toBe(0);
    expect(rpc.guestinfo.get("greeting")).toBe("hello");
  });
});

describe("[vmport-guestrpc] guests", () => {
  it("afterburn: every step by OUT, always high bandwidth, no RECVSTATUS, the channel is used again", () => {
    const { port } = make();
    const opened = port.low(0, { ebx: (RPCI | COOKIE) >>> 0 }, "out");
    expect(opened.eax, "OUT leaves EAX").toBe(MAGIC);
    expect(opened.ecx).not.toBe(0);
    const cookie = { esi: opened.esi, edi: opened.edi };
    const edx = opened.edx;
    for (let round = 0; round < 3; round++) {
      const request = bytesOf("info-get guestinfo.greeting\0");
      expect(port.low(1, { ebx: request.length, edx, ...cookie }, "out").ecx).not.toBe(0);
      expect(port.out(edx >>> 16, cookie, request).ebx).not.toBe(0);
      const length = port.low(3, { ebx: 0, edx, ...cookie }, "out").ebx;
      const reply = new Uint8Array(length);
      expect(port.in(edx >>> 16, cookie, reply).ebx).not.toBe(0);
      expect(textOf(reply)).toBe("1 hello");
    }
    expect(port.low(6, { edx, ...cookie }, "out").ecx).toBe(0x0001_0000);
  });

  it("iPXE: no cookie, ECX compared for equality, the same key twice with equal lengths, EBX = reply id", () => {
    const { port } = make({ offerHighBandwidth: true });
    const channel = open(port, RPCI, false);
    for (let round = 0; round < 2; round++) {
      channel.send(bytesOf("info-get guestinfo.greeting"), false);
      const size = channel.step(3);
      expect([size.ecx, size.ebx, size.edx >>> 16]).toEqual([0x0083_0000, 7, 1]);
      const first = channel.step(4, size.edx >>> 16);
      expect([first.ecx, first.edx >>> 16]).toEqual([0x0001_0000, 2]);
      expect(channel.step(4, 1).ecx).toBe(0x0001_0000);
      expect(channel.step(5, 1).ecx).toBe(0x0001_0000);
    }
  });

  it("Linux vmwgfx: log, then CLOSE without fetching the reply", () => {
    const lines: string[] = [];
    const { port, rpc } = make({ host: { log: (text) => lines.push(text) } });
    const channel = open(port);
    channel.send(bytesOf("log vmwgfx: Module Version: 2.20.0"), true);
    expect(channel.close().ecx).toBe(0x0001_0000);
    expect(lines).toEqual(["vmwgfx: Module Version: 2.20.0"]);
    expect(rpc.channels()).toEqual([]);
  });

  it("OpenBSD vmt: a zero-padded buffer of 4096 bytes", () => {
    const { port } = make();
    const buffer = new Uint8Array(4096);
    buffer.set(bytesOf("info-get guestinfo.greeting"));
    const channel = open(port);
    channel.send(buffer, true);
    expect(textOf(channel.receive(true) as Uint8Array)).toBe("1 hello");
  });

  it("vmw-guestinfo's broken 3-byte tail over low bandwidth: the command is cut at the first NUL", () => {
    const { port } = make();
    const channel = open(port);
    channel.step(1, 7);
    channel.step(2, 0x2067_6f6c);
    channel.step(2, 0x0062_6100);
    expect(textOf(channel.receive(false) as Uint8Array)).toBe("1 ");
  });

  it("cookie-less old hosts: eight channels", () => {
    const { port } = make({ maxChannels: 8 });
    for (let i = 0; i < 8; i++) open(port, RPCI, false);
    expect(port.low(0, { ebx: RPCI }).ecx).toBe(0);
  });
});

describe("[vmport-guestrpc] policy, events and log", () => {
  it("a verb the host forbids is denied, others work", () => {
    const { port } = make({ allow: (verb) => verb !== "info-set" });
    const channel = open(port);
    expect(channel.call("info-set guestinfo.a 1")).toBe("0 Permission denied");
    expect(channel.call("info-get guestinfo.greeting")).toBe("1 hello");
  });

  it("a verb of one's own replaces the package's", () => {
    const { port } = make({
      commands: [{ verb: "info-get", handle: (call) => ({ ok: true, payload: call.argument.toUpperCase() }) }],
    });
    expect(open(port).call("info-get abc")).toBe("1 ABC");
    expect(open(port).call("log x")).toBe("0 Unknown command");
  });

  it("a typed stream of events", () => {
    const { port, rpc } = make();
    const events: GuestrpcEvent[] = [];
    const end = rpc.observe((event) => events.push(event));
    const channel = open(port);
    channel.call("info-get guestinfo.greeting");
    channel.call("frobnicate now");
    channel.close();
    end();
    open(port);
    expect(events).toEqual([
      { kind: "channel", event: "open", channel: 0, protocol: "RPCI", detail: "cookie" },
      {
        kind: "rpci",
        channel: 0,
        verb: "info-get",
        argument: bytesOf("guestinfo.greeting"),
        ok: true,
        payload: bytesOf("hello"),
        unknown: false,
      },
      {
        kind: "rpci",
        channel: 0,
        verb: "frobnicate",
        argument: bytesOf("now"),
        ok: false,
        payload: bytesOf("Unknown command"),
        unknown: true,
      },
      { kind: "channel", event: "close", channel: 0, protocol: "RPCI", detail: "" },
    ]);
  });

  it("log lines of messages, calls and channels", () => {
    const log = createDebugLog({ mask: 0xff });
    const { port } = make({ log, nowNs: () => 5n, domainId: 2 });
    const channel = open(port);
    channel.call("info-get guestinfo.greeting");
    expect(log.records().map(toConsoleLine)).toEqual([
      "[HVM:2.0] <vmport_rpc> VMware channel ch=0 open RPCI cookie",
      '[HVM:2.0] <vmport_rpc> VMware send ch=0 RPCI len=27 "info-get guestinfo.greeting"',
      '[HVM:2.0] <vmport_rpc> VMware rpc ch=0 info-get "guestinfo.greeting" -> 1 "hello"',
      '[HVM:2.0] <vmport_rpc> VMware recv ch=0 RPCI len=7 "1 hello"',
    ]);
  });

  it("the same seed gives the same cookies, another seed others", () => {
    const cookies = (seed: number) => Object.values(open(make({ seed }).port, TCLO).cookie);
    expect(cookies(1)).toEqual(cookies(1));
    expect(cookies(1)).not.toEqual(cookies(2));
  });
});
