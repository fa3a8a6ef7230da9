import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { buildConformanceImage, parseResults } from "../src/index.ts";
import { goldenPath } from "./recordings.ts";

const LIMIT_MS = 60_000;

/** Lets `work` write "serial" in a folder that holds "image", and keeps it. */
async function record(file: string, work: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "conformance-"));
  try {
    writeFileSync(join(folder, "image"), buildConformanceImage());
    await work(folder);
    const text = readFileSync(join(folder, "serial"), "latin1");
    const tap = text.slice(text.indexOf("TAP version"));
    expect(parseResults(tap).complete).toBe(true);
    writeFileSync(goldenPath(file), tap);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function qemu(folder: string, machine: string): Promise<void> {
  const drive = `file=${join(folder, "image")},format=raw,if=floppy,snapshot=on`;
  const serial = `file:${join(folder, "serial")}`;
  const common = ["-accel", "tcg", "-cpu", "max", "-m", "64", "-display", "none", "-monitor", "none", "-no-reboot"];
  const exit = ["-device", "isa-debug-exit,iobase=0x501"];
  spawnSync("qemu-system-x86_64", ["-machine", machine, "-drive", drive, "-serial", serial, ...common, ...exit], {
    timeout: LIMIT_MS,
  });
}

/** Bochs does not end by itself: it is ended when the last line is there. Its terminal display wants a terminal. */
async function bochs(folder: string): Promise<void> {
  const rc = [
    "config_interface: textconfig",
    "display_library: term",
    "romimage: file=/usr/share/bochs/BIOS-bochs-latest",
    "vgaromimage: file=/usr/share/bochs/VGABIOS-lgpl-latest",
    "megs: 64",
    "cpu: model=corei5_lynnfield_750, count=1, ips=100000000",
    `floppya: 1_44=${join(folder, "image")}, status=inserted`,
    "boot: floppy",
    `com1: enabled=1, mode=file, dev=${join(folder, "serial")}`,
    `log: ${join(folder, "log")}`,
    "sound: driver=dummy",
    "clock: sync=none",
    "",
  ];
  writeFileSync(join(folder, "rc"), rc.join("\n"));
  writeFileSync(join(folder, "go"), "c\n");
  const command = `exec bochs -q -f ${join(folder, "rc")} -rc ${join(folder, "go")}`;
  const child = spawn("script", ["-qfc", command, "/dev/null"], {
    env: { ...process.env, TERM: "vt100" },
    stdio: ["ignore", "ignore", "ignore"],
  });
  const ended = new Promise((resolve) => child.once("close", resolve));
  await new Promise<void>((resolve) => {
    const started = process.hrtime.bigint();
    const look = setInterval(() => {
      let text = "";
      try {
        text = readFileSync(join(folder, "serial"), "latin1");
      } catch {}
      if (!text.includes("# done") && process.hrtime.bigint() - started < BigInt(LIMIT_MS) * 1_000_000n) return;
      clearInterval(look);
      resolve();
    }, 200);
  });
  child.kill("SIGTERM");
  await ended;
}

describe.skipIf(process.env["HVM_RECORD"] !== "1")("[vmport-conformance] recording", () => {
  it("QEMU", { timeout: 4 * LIMIT_MS }, async () => {
    await record("qemu-7.2-pc", (folder) => qemu(folder, "pc,vmport=on"));
    await record("qemu-7.2-pc-5.0", (folder) => qemu(folder, "pc-i440fx-5.0,vmport=on"));
    await record("qemu-7.2-off", (folder) => qemu(folder, "pc,vmport=off"));
  });

  it("Bochs", { timeout: 2 * LIMIT_MS }, () => record("bochs-2.7", bochs));
});
