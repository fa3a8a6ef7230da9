/** A run and its host: real time, terminal, signals, readers that are slow, lines that lead elsewhere. */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, openSync, readFileSync, readSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inflateSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import { attachConsole } from "../src/cli/console-input.ts";
import { CliError } from "../src/cli/exit-codes.ts";
import { openSerial } from "../src/cli/serial-line.ts";
import { encodePng } from "../src/node/png.ts";
import { hvm } from "./cli.ts";
import { FakeHost } from "./fake-host.ts";

const folder = mkdtempSync(join(tmpdir(), "hvm-host-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const code = (name: string, hex: string): string => {
  const path = join(folder, name);
  writeFileSync(path, Buffer.from(hex.replaceAll(" ", ""), "hex"));
  return path;
};
const real = (path: string, ...flags: string[]): string[] => ["run", "--flat=real", ...flags, path];

/** 8259 set up, PIT at 100 Hz (divisor 11932) on vector 8, a dot to COM1 at each tick, HLT between them. */
const IDLE = code(
  "idle",
  `fa 31c0 8ed8 8ed0 bc0070 c70620003 77c a32200 b011e620 b008e621 b004e621 b001e621 b0fee621
   b034e643 b09ce640 b02ee640 fb f4 ebfd baf803 b02e ee b020 e620 cf`.replaceAll("\n", ""),
);
/** mov dx, 0x3f8; mov al, 'x'; l: out dx, al; jmp l. */
const FLOOD = code("flood", "baf803 b078 ee ebfd");
/** Sends back what comes in on COM1. */
const ECHO = code("echo", "bafd03 ec a801 74fb b2f8 ec ee b2fd ebf3");
/** Sends r, then resets the machine by port 0xcf9. */
const REBOOT = code("reboot", "baf803 b072 ee baf90c b006 ee f4");
/** Writes Hi in white on blue to text memory at 0xb8000; cli; hlt. */
const SCREEN = code("screen", "b800b8 8ec0 26c70600004 81f 26c706020069 1f fa f4");
const LOOP = code("loop", "ebfe");
const scripted = await hasScript();

describe("[hvm run] real time", () => {
  it("an idle guest lets the host sleep until its timer, and its clock goes as the host's", async () => {
    const host = new FakeHost();
    const { stdout, status } = await hvm(real(IDLE, "--realtime", "--timeout=2"), { host });
    expect(status).toBe(124);
    // 100 Hz for 2 s of the host's, which moved only in sleeps.
    expect(stdout.length).toBeGreaterThanOrEqual(198);
    expect(stdout.length).toBeLessThanOrEqual(202);
    const slept = host.sleeps.reduce((sum, ms) => sum + ms, 0);
    expect(slept).toBeCloseTo(2000, -1);
    // Awake for each tick a time or two, not all the time.
    expect(host.sleeps.length).toBeLessThan(450);
  });

  it("without it idle time is jumped over: the host never sleeps", async () => {
    const host = new FakeHost();
    const { stdout } = await hvm(real(IDLE, "--max-insns=4M"), { host });
    expect(stdout.length).toBeGreaterThan(1000);
    expect(host.sleeps).toEqual([]);
  });

  it("a guest with nothing to wait for but input sleeps long, and input wakes it at once", async () => {
    const host = new FakeHost(true);
    // sti; l: hlt; jmp l
    const idle = code("dead", "fbf4ebfd");
    let sleeps = 0;
    host.beforeSleep = () => {
      if (++sleeps === 20) host.terminal.emit("data", Buffer.from([0x1d]));
    };
    const { status } = await hvm(real(idle), { host });
    expect(status).toBe(0);
    expect(host.now).toBeLessThan(20_000);
  });
});

describe("[hvm run] the terminal", () => {
  it("is raw while the guest runs and as it was afterwards; Ctrl-] leaves, other keys reach the guest", async () => {
    const host = new FakeHost(true);
    host.beforeSleep = () => {
      if (!host.terminal.raw) return;
      host.beforeSleep = () => {};
      host.terminal.emit("data", Buffer.from("ab\x03"));
    };
    // Control-C is a byte like any other.
    const { status, stdout } = await hvm(real(ECHO, "--max-insns=1G", "--expect=ab\x03"), { host: polled(host) });
    expect(stdout).toBe("ab\x03");
    expect(status).toBe(0);
    expect(host.terminal.rawModes).toEqual([true, false]);
    expect(host.exits.size).toBe(0);
    expect(host.listeners).toBe(0);
  });

  it("is restored when the process ends without us", () => {
    const host = new FakeHost(true);
    attachConsole(host, { take: (bytes) => bytes.length, onEscape: () => {} });
    expect(host.terminal.raw).toBe(true);
    for (const restore of host.exits) restore();
    expect(host.terminal.raw).toBe(false);
  });

  it("is restored when the run fails in the middle", async () => {
    const host = new FakeHost(true);
    const stdout = {
      write() {
        throw new Error("no such reader");
      },
    };
    const { status } = await hvm(real(FLOOD), { host, stdout });
    expect(status).toBe(70);
    expect(host.terminal.rawModes).toEqual([true, false]);
  });

  it("input that the guest does not take waits, and so does its sender", () => {
    const host = new FakeHost();
    const taken: number[] = [];
    let room = 2;
    const input = attachConsole(host, {
      take(bytes) {
        const count = Math.min(room, bytes.length);
        taken.push(...bytes.subarray(0, count));
        room -= count;
        return count;
      },
      onEscape: () => {},
    });
    host.terminal.emit("data", Buffer.from([1, 2, 3]));
    host.terminal.emit("data", Buffer.from([4, 5]));
    expect([taken, host.terminal.paused]).toEqual([[1, 2], true]);
    room = 10;
    input.offer();
    expect([taken, host.terminal.paused]).toEqual([[1, 2, 3, 4, 5], false]);
  });
});

/** A host at whose every look at the clock a keyboard event may come: for guests that never sleep. */
function polled(host: FakeHost): FakeHost {
  const nowMs = host.nowMs.bind(host);
  host.nowMs = () => {
    host.beforeSleep();
    return nowMs();
  };
  return host;
}

describe("[hvm run] the end from outside", () => {
  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const)("%s: the report is written, what was kept is said, the status is %d", async (signal, status) => {
    const host = new FakeHost();
    const disk = code("disk.img", "00".repeat(512));
    const kept = join(folder, `${signal}.json`);
    let looks = 0;
    const nowMs = host.nowMs.bind(host);
    host.nowMs = () => {
      if (++looks === 5) host.send(signal);
      return nowMs();
    };
    const run = await hvm(real(LOOP, "--timeout=1000", `--guestinfo-out=${kept}`, `--disk=${disk}`), { host });
    expect(run.status).toBe(status);
    expect(run.stderr).toMatch(new RegExp(`loop was stopped by ${signal} \\(\\d+ instructions, at RIP 0x7c00\\)`));
    expect(run.stderr).toContain(
      `written: ${kept}; snapshot disks: what the guest wrote is gone, the files are as they were`,
    );
    expect(readFileSync(kept, "utf8")).toBe("{}\n");
    expect(readFileSync(disk)).toEqual(Buffer.alloc(512));
  });
});

describe("[hvm run] a guest that floods its line", () => {
  it("waits for a slow reader: what is queued stays bounded", async () => {
    let queued = 0;
    let most = 0;
    let total = 0;
    let drain: (() => void) | undefined;
    const stdout = {
      get writableNeedDrain() {
        return queued > 16_384;
      },
      once(_: "drain", listener: () => void) {
        drain = listener;
        setImmediate(() => {
          queued = 0;
          drain?.();
        });
      },
      write(chunk: string | Uint8Array) {
        queued += chunk.length;
        total += chunk.length;
        most = Math.max(most, queued);
      },
    };
    expect((await hvm(real(FLOOD, "--max-insns=300M"), { stdout })).status).toBe(124);
    expect(total).toBeGreaterThan(290_000);
    // One turn's worth, and what the stream held before.
    expect(most).toBeLessThan(50_000);
  });

  it("--json keeps 16 MiB of it and counts the rest", async () => {
    const { MAX_CAPTURED_BYTES } = await import("../src/cli/capture.ts");
    expect(MAX_CAPTURED_BYTES).toBe(16 * 2 ** 20);
  });
});

describe("[hvm run] restarts", () => {
  it("--on-reboot=restart starts the machine again, a number of times at most; limits are of all together", async () => {
    const once = await hvm(real(REBOOT));
    expect([once.status, once.stdout]).toEqual([0, "r"]);
    const limited = await hvm(real(REBOOT, "--on-reboot=restart", "--max-insns=10k"));
    expect(limited.status).toBe(124);
    expect(limited.stdout.length).toBeGreaterThanOrEqual(4);
    expect(limited.stdout.length).toBeLessThanOrEqual(6);
    const forever = await hvm(real(REBOOT, "--on-reboot=restart", "--memory=1"));
    expect(forever.status).toBe(124);
    expect(forever.stdout).toBe("r".repeat(26));
    expect(forever.stderr).toContain("was started 26 times and ended each time");
  });

  it("--on-crash=restart is for triple faults, --on-poweroff for none of these", async () => {
    // lidt of nothing; int3
    const triple = code("triple", "0f011e067c cc");
    expect((await hvm(real(triple, "--on-reboot=restart", "--on-poweroff=restart"))).status).toBe(74);
    const { status, stderr } = await hvm(real(triple, "--on-crash=restart", "--max-insns=12"));
    expect(status).toBe(124);
    expect(stderr).toContain("the guest starts again (triple-fault)");
  });
});

describe("[hvm run] the screen", () => {
  const chunks = (png: Buffer): Record<string, Buffer> => {
    const found: Record<string, Buffer> = {};
    for (let at = 8; at < png.length; ) {
      const length = png.readUInt32BE(at);
      found[png.toString("latin1", at + 4, at + 8)] = png.subarray(at + 8, at + 8 + length);
      at += length + 12;
    }
    return found;
  };

  it("--screenshot at the end and --screenshot-at a time; --expect looks at its text too", async () => {
    const end = join(folder, "end.png");
    const early = join(folder, "early.png");
    const { status, stderr } = await hvm(
      real(SCREEN, "--vga=stdvga", `--screenshot=${end}`, "--screenshot-at", `0.000000001:${early}`, "--expect=Hi"),
    );
    expect(stderr).toBe("");
    expect(status).toBe(0);
    const { IHDR, IDAT } = chunks(readFileSync(end));
    const [width, height] = [IHDR!.readUInt32BE(0), IHDR!.readUInt32BE(4)];
    // 80 by 25 characters of 9 by 16.
    expect([width, height]).toEqual([720, 400]);
    const raw = inflateSync(IDAT!);
    expect(raw.length).toBe((720 * 3 + 1) * 400);
    // The first pixel of a character cell is background: VGA's colour 1, blue.
    expect([...raw.subarray(1, 4)]).toEqual([0, 0, 0xaa]);
    expect([...inflateSync(chunks(readFileSync(early)).IDAT!).subarray(1, 4)]).toEqual([0, 0, 0]);
  });

  it("a machine without one says so before it starts", async () => {
    const { status, stderr, stdout } = await hvm(real(REBOOT, "--screenshot=x.png"));
    expect([status, stdout]).toEqual([64, ""]);
    expect(stderr).toMatch(/--screenshot: this machine has no screen\n.*--vga=stdvga/);
  });

  it("a picture as PNG: signature, checksums, pixels (ISO 15948 §5.2, annex D)", () => {
    const png = Buffer.from(encodePng({ width: 2, height: 1, rgba: Uint8Array.of(1, 2, 3, 255, 4, 5, 6, 0) }));
    expect([...png.subarray(0, 8)]).toEqual([137, 80, 78, 71, 13, 10, 26, 10]);
    expect([...inflateSync(chunks(png).IDAT!)]).toEqual([0, 1, 2, 3, 4, 5, 6]);
    // The empty IEND chunk is the same in every PNG.
    expect(png.subarray(-12).toString("hex")).toBe("0000000049454e44ae426082");
  });
});

describe("[hvm run] --serial", () => {
  it("unix:PATH: the guest waits for its reader, both directions work, the socket is gone afterwards", async () => {
    const path = join(folder, "com1");
    const running = hvm(real(ECHO, `--serial=unix:${path}`, "--expect=hello", "--timeout=60"));
    await until(() => existsSync(path));
    let heard = "";
    const client = connect(path, () => client.write("hello"));
    client.on("data", (bytes) => {
      heard += bytes.toString();
    });
    const { status, stdout, stderr } = await running;
    expect([status, stdout]).toEqual([0, ""]);
    expect(stderr).toBe(`hvm run: COM1 is unix:${path}\n`);
    await until(() => heard === "hello");
    expect(existsSync(path)).toBe(false);
  });

  it("unix:PATH and nobody comes: --timeout ends that too", async () => {
    const path = join(folder, "alone");
    const { status, stderr } = await hvm(real(ECHO, `--serial=unix:${path}`, "--timeout=3"), { host: new FakeHost() });
    expect(status).toBe(124);
    expect(stderr).toContain(`nobody connected to unix:${path} within --timeout`);
    expect(existsSync(path)).toBe(false);
  });

  it("unix:PATH over something that is no socket is refused, and it stays", async () => {
    const path = code("precious", "01");
    const { status, stderr } = await hvm(real(ECHO, `--serial=unix:${path}`));
    expect([status, stderr]).toEqual([73, expect.stringMatching(/serial unix:.*precious: EADDRINUSE/)]);
    expect(readFileSync(path).length).toBe(1);
  });

  it.skipIf(!scripted)("pty: a terminal device that others open", async () => {
    const line = await openSerial("pty", { write: () => {} });
    expect(line.place).toMatch(/^\/dev\/pts\/\d+$/);
    const fd = openSync(line.place!, "r+");
    const heard = new Promise<string>((resolve) => line.onInput((bytes) => resolve(Buffer.from(bytes).toString())));
    writeSync(fd, "from outside\n");
    expect(await heard).toBe("from outside\n");
    line.write(Buffer.from("from the guest \x03"));
    await line.settle();
    const buffer = Buffer.alloc(64);
    let text = "";
    while (!text.includes("\x03")) text += buffer.toString("latin1", 0, readSync(fd, buffer));
    expect(text).toBe("from the guest \x03");
    line.close();
  });

  it("pty without script(1) says what to take instead", async () => {
    const path = process.env["PATH"];
    process.env["PATH"] = folder;
    try {
      await openSerial("pty", { write: () => {} });
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(CliError);
      expect((error as CliError).message).toBe("serial pty: there is no program `script`");
      expect((error as CliError).hint).toContain("--serial unix:PATH");
    } finally {
      process.env["PATH"] = path;
    }
  });
});

function hasScript(): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn("script", ["-qec", "tty", "/dev/null"], { stdio: ["ignore", "pipe", "ignore"] });
    child.on("error", () => resolve(false));
    let text = "";
    child.stdout.on("data", (bytes) => {
      text += bytes;
    });
    child.on("close", () => resolve(text.startsWith("/dev/")));
  });
}

/** Lets events in until something is so. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}
