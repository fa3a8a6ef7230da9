import { describe, expect, it } from "vitest";
import { after, channel, gp, notVmware, recv, rpc, send, trace, unknown } from "../../test/samples.ts";
import {
  decodeXentrace,
  encodePerfetto,
  encodeXentrace,
  escapeText,
  toConsoleLine,
  toJsonLine,
  xentraceFormats,
} from "../index.ts";

describe("[vmport-debug-log] console lines", () => {
  it.each([
    [
      trace,
      "[HVM:1.0] <vmport_ioport> VMware trace dir=in bytes=4 ip=401136 cmd=10 (GETVERSION) ax=564d5868 bx=ffffffff cx=a dx=5658 si=0 di=10",
    ],
    [
      after,
      "[HVM:1.0] <vmport_ioport> VMware after ip=401136 cmd=10 (GETVERSION) ax=6 bx=564d5868 cx=2 dx=5658 si=0 di=10",
    ],
    [unknown, "[HVM:1.0] <vmport_ioport> VMware bytes=4 dir=in cmd=999 (GETVERSION) unknown"],
    [
      notVmware,
      "[HVM:1.0] <vmport_ioport> Not VMware eax=1234 magic=564d5868 ip=401136 ax=1234 bx=ffffffff cx=a dx=5658 si=0 di=10",
    ],
    [gp, "[HVM:1.0] <vmport_gp_check> VMware gp handled error_code=0 ip=ffff800000001000 len=1"],
    [send, '[HVM:1.1] <vmport_rpc> VMware send ch=3 RPCI len=27 "info-get guestinfo.userdata"'],
    [channel, "[HVM:1.0] <vmport_rpc> VMware channel ch=3 open RPCI cookie"],
    [rpc, '[HVM:1.0] <vmport_rpc> VMware rpc ch=3 info-get "guestinfo.userdata" -> 1 "s3cret"'],
  ])("%#", (record, line) => {
    expect(toConsoleLine(record)).toBe(line);
  });

  it("a guest cannot break out of its line, nor reach the terminal", () => {
    const line = toConsoleLine(recv);
    expect(line).toBe('[HVM:1.1] <vmport_rpc> VMware recv ch=3 RPCI len=14 "1 s3cret\\n\\x1b[2J\\x00"');
    expect(escapeText("a\u009bb\u202ec\r\n")).toBe("a\\x9bb\\u202ec\\r\\n");
    expect(toConsoleLine({ ...rpc, verb: "x\ny", reply: "z".repeat(1000) } as typeof rpc)).toContain(
      'x\\ny "guestinfo.userdata" -> 1 "zzz',
    );
  });

  it("long messages are cut and say so", () => {
    expect(toConsoleLine({ ...send, bytes: new Uint8Array(300).fill(0x41) } as typeof send)).toContain(
      `"${"A".repeat(256)}…(300 bytes)"`,
    );
  });
});

describe("[vmport-debug-log] JSON lines", () => {
  it("are one line each, with 64-bit values as text", () => {
    expect(JSON.parse(toJsonLine(trace))).toEqual({
      atNs: "1000",
      domainId: 1,
      vcpuId: 0,
      kind: "access",
      class: "trace",
      direction: "in",
      port: 22104,
      size: 4,
      rip: "0x401136",
      cpl: 3,
      command: 10,
      commandName: "GETVERSION",
      registers: { eax: 1447909480, ebx: 4294967295, ecx: 10, edx: 22104, esi: 0, edi: 16 },
    });
    expect(JSON.parse(toJsonLine(recv))).toMatchObject({
      kind: "message",
      length: 14,
      text: "1 s3cret\\n\\x1b[2J\\x00",
    });
    for (const record of [trace, gp, send, recv, channel, rpc]) expect(toJsonLine(record)).not.toContain("\n");
  });
});

describe("[vmport-debug-log] xentrace", () => {
  const words = (bytes: Uint8Array) => {
    const view = new DataView(bytes.buffer);
    return Array.from({ length: bytes.length / 4 }, (_, i) => view.getUint32(4 * i, true).toString(16));
  };

  it("HANDLED carries cmd and six registers, with a TSC, behind a cpu change", () => {
    expect(words(encodeXentrace([after], { tscKhz: 2_000_000 }))).toEqual([
      "2001f003",
      "0",
      "28",
      "f0082028",
      "7d2",
      "0",
      "a",
      "6",
      "564d5868",
      "2",
      "5658",
      "0",
      "10",
    ]);
  });

  it("IGNORED carries port and EAX", () => {
    expect(words(encodeXentrace([notVmware])).slice(3)).toEqual(["a0082029", "3e8", "0", "5658", "1234"]);
  });

  it("a window per run of one vcpu; text records have no place", () => {
    expect(words(encodeXentrace([gp, channel, rpc, send, recv]))).toEqual([
      "2001f003",
      "0",
      "20",
      "d008202d",
      "3e8",
      "0",
      "1",
      "0",
      "1",
      "1000",
      "ffff8000",
      "2001f003",
      "1",
      "38",
      "c008202e",
      "3e8",
      "0",
      "3",
      "0",
      "49435052",
      "1b",
      "c008202e",
      "3e8",
      "0",
      "3",
      "1",
      "49435052",
      "e",
    ]);
    expect(encodeXentrace([channel])).toHaveLength(0);
  });

  it("reads back, and says where a file is cut", () => {
    const bytes = encodeXentrace([trace, after, send]);
    const decoded = decodeXentrace(bytes);
    expect(
      decoded.ok && decoded.records.map((record) => [record.cpu, record.name, record.tsc, record.words[0]]),
    ).toEqual([
      [0, "VMPORT_ENTER", 1000n, 10],
      [0, "VMPORT_HANDLED", 1001n, 10],
      [1, "VMPORT_MESSAGE", 1000n, 3],
    ]);
    expect(decodeXentrace(bytes.subarray(0, bytes.length - 4))).toMatchObject({ ok: false, offset: bytes.length - 28 });
    expect(decodeXentrace(bytes.subarray(0, 2))).toEqual({
      ok: false,
      message: "xentrace: half a word at byte 0",
      offset: 0,
    });
  });

  it("reads records of others, with and without TSC", () => {
    const bytes = new Uint8Array(new Uint32Array([0x2001_f003, 2, 8, 0x1008_2006, 7]).buffer);
    expect(decodeXentrace(bytes)).toEqual({
      ok: true,
      records: [{ cpu: 2, id: 0x8_2006, name: undefined, tsc: undefined, words: [7] }],
    });
  });

  it("has lines for the formats file", () => {
    expect(xentraceFormats().split("\n").slice(0, 2)).toEqual([
      "0x00082028  CPU%(cpu)d  %(tsc)d (+%(reltsc)8d)  VMPORT_HANDLED [ cmd = %(1)d eax = 0x%(2)08x ebx = 0x%(3)08x ecx = 0x%(4)08x edx = 0x%(5)08x esi = 0x%(6)08x edi = 0x%(7)08x ]",
      "0x00082029  CPU%(cpu)d  %(tsc)d (+%(reltsc)8d)  VMPORT_IGNORED [ port = %(1)d eax = 0x%(2)08x ]",
    ]);
  });
});

describe("[vmport-debug-log] Perfetto", () => {
  const hex = (bytes: Uint8Array) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");

  it("a process, a track, an instant: the bytes of the protobuf", () => {
    const bytes = encodePerfetto([
      { ...channel, domainId: 0, vcpuId: 0, atNs: 300n, channel: 1, event: "x", detail: "d" } as typeof channel,
    ]);
    expect(hex(bytes)).toBe(
      [
        // packet { sequence 1, descriptor { uuid 0x10000, process { pid 1, "domain 0" } } }
        "0a 17 50 01 e2 03 12 08 80 80 04 1a 0c 08 01 32 08 64 6f 6d 61 69 6e 20 30",
        // packet { sequence 1, descriptor { uuid 0x10001, thread { pid 1, tid 1000, "vcpu 0" }, parent 0x10000 } }
        "0a 1c 50 01 e2 03 17 08 81 80 04 28 80 80 04 22 0d 08 01 10 e8 07 2a 06 76 63 70 75 20 30",
      ].join(" ") +
        " " +
        [
          // packet { timestamp 300, sequence 1, event { instant, track, "channel", "channel x", channel = 1, detail = "d" } }
          "0a 3d 40 ac 02 50 01 5a 36 48 03 58 81 80 04 b2 01 07 63 68 61 6e 6e 65 6c ba 01 09 63 68 61 6e 6e 65 6c 20 78",
          "22 0b 52 07 63 68 61 6e 6e 65 6c 38 01",
          "22 0b 52 06 64 65 74 61 69 6c 32 01 64",
        ].join(" "),
    );
  });

  it("every kind of record has a name and arguments", () => {
    const text = new TextDecoder().decode(encodePerfetto([trace, unknown, notVmware, gp, send, recv, rpc]));
    for (const name of ["GETVERSION", "not VMware", "#GP handled", "RPCI send", "RPCI recv", "info-get", "s3cret"]) {
      expect(text).toContain(name);
    }
  });
});
