/**
 * Debian on a virtio disk, from debootstrap, with its own kernel, initramfs, systemd, cloud-init and open-vm-tools: cloud-init finds VMware and
 * takes its data from guestinfo, the tools tell and obey, and nothing that is done to the machine harms the image. Minutes each, so only with
 * HVM_LONG=1 and the image of `node tooling/guests/debian-disk.mjs`.
 */
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, createReadStream, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundledHvm, guestRoot } from "./cli.ts";
import { COMMAND_LINE, guestinfo } from "./cloud-init-seed.ts";

const LONG = process.env["HVM_LONG"] ? 3_600_000 : undefined;
const guest = LONG === undefined ? undefined : guestRoot("debian-disk", "node tooling/guests/debian-disk.mjs");

describe.skipIf(guest === undefined)(
  "Debian from a disk (needs HVM_LONG=1 and `node tooling/guests/debian-disk.mjs`)",
  () => {
    const folder = mkdtempSync(join(tmpdir(), "hvm-cloud-"));
    const disk = join(guest ?? "", "disk.img");
    let hvm: ReturnType<typeof bundledHvm>;
    let before: string;

    beforeAll(async () => {
      hvm = bundledHvm();
      before = await sha256(disk);
    }, LONG);
    afterAll(() => {
      hvm.remove();
      rmSync(folder, { recursive: true, force: true });
    });

    const args = [
      ...["run", "--kernel", join(guest ?? "", "vmlinux"), "--initrd", join(guest ?? "", "initrd.img")],
      ...["--disk", disk, "--memory", "512M", "--append", COMMAND_LINE],
      ...Object.entries(guestinfo()).flatMap(([key, value]) => ["--guestinfo", `${key}=${value}`]),
    ];

    it(
      "cloud-init: DataSourceVMware, hostname, user, done; the tools report and shut the guest down by systemd",
      async () => {
        const { status, stdout } = hvm.run([...args, "--json", "--trigger", "60:tools-halt"]);
        const report = JSON.parse(stdout);
        // Without systemd's colours.
        const serial = stripVTControlCharacters(report.serial.replaceAll("\r", ""));
        const told = serial.slice(serial.indexOf("REPORT BEGIN"), serial.indexOf("REPORT END"));
        expect(told.split("\n")).toEqual(
          expect.arrayContaining([
            "status: done",
            "DataSourceVMware",
            "cloud-id: vmware",
            "hostname: hvm-cloud",
            expect.stringMatching(/^user: uid=1000\(ada\) .*27\(sudo\)/),
            "sudo: root",
            "virt: vmware",
            "system: running",
            "tools: active",
            "DMI_PRODUCT_NAME=VMware Virtual Platform",
            "VIRT=vmware",
            "check for 'VMware' returned found",
            "Found single datasource: VMware",
          ]),
        );
        expect(serial).toContain("Welcome to Debian GNU/Linux 12");
        expect(serial).toContain("hvm-cloud login:");
        expect(report.guestinfo).toMatchObject({ "report.status": "status: done" });
        // Type 1 is the DNS name: told anew after cloud-init changed it.
        expect(report.tools.guestInfo["1"]).toBe("hvm-cloud\0");
        // Type 11 is what newer tools tell in place of the names of types 5 and 6: key='value' behind a record of C.
        expect(report.tools.guestInfo["11"]).toContain("prettyName='Debian GNU/Linux 12 (bookworm)'");
        expect(report.triggers).toEqual([{ seconds: 60, name: "tools-halt", result: expect.stringMatching(/^ok /) }]);
        expect(serial).toContain("reboot: Power down");
        expect(report).toMatchObject({ format: "pvh", end: "poweroff" });
        expect(status).toBe(0);
        expect(await sha256(disk)).toBe(before);
      },
      LONG,
    );

    it(
      "without guestinfo ds-identify finds no data: cloud-init stays off",
      () => {
        const bare = args.filter((arg, at) => arg !== "--guestinfo" && args[at - 1] !== "--guestinfo");
        const { status, stdout } = hvm.run([...bare, "--expect", "debian login:"]);
        expect(stdout).toContain("debian login:");
        expect(stdout).not.toContain("Cloud-init v.");
        expect(status).toBe(0);
      },
      LONG,
    );

    it(
      "saved at 6 s and loaded in a new process: the same to the end",
      async () => {
        const worker = await bundleWorker(folder);
        const state = join(folder, "state");
        const run = (how: string) => {
          const { status, stdout, stderr } = spawnSync(process.execPath, [worker, how, guest!, state], {
            encoding: "utf8",
            maxBuffer: 2 ** 26,
          });
          expect([status, stderr]).toEqual([0, ""]);
          return JSON.parse(stdout);
        };
        const through = run("through");
        expect(through).toMatchObject({ end: "poweroff", hostname: "hvm-cloud\0" });
        expect(through.savedAt).toBeLessThan(through.instructions / 2);
        expect(run("load")).toEqual(through);
      },
      LONG,
    );

    it(
      "killed in the middle: the image is as it was; with rw it is not, and fsck finds nothing but a journal to replay",
      async () => {
        // By then the root is mounted for writing and systemd's journal is on it.
        const text = "cloud-init-local";
        expect(await killedAt([hvm.script, ...args], text)).toBe("SIGKILL");
        expect(await sha256(disk)).toBe(before);

        const copy = join(folder, "copy.img");
        copyFileSync(disk, copy);
        const writing = args.map((arg) => (arg === disk ? `${copy},rw` : arg));
        expect(await killedAt([hvm.script, ...writing], text)).toBe("SIGKILL");
        expect(await sha256(copy)).not.toBe(before);
        const fsck = (...flags: string[]) => spawnSync("e2fsck", [...flags, copy], { encoding: "utf8" });
        expect(fsck("-p")).toMatchObject({ status: 0, stdout: expect.stringContaining("recovering journal") });
        expect(fsck("-f", "-n").status).toBe(0);
      },
      LONG,
    );
  },
);

/** SIGKILL to a process of ours as soon as it has printed `text`. */
function killedAt(command: readonly string[], text: string): Promise<NodeJS.Signals | null> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, command, { stdio: ["ignore", "pipe", "ignore"] });
    let seen = "";
    child.stdout.on("data", (bytes: Buffer) => {
      seen = (seen + bytes.toString("latin1")).slice(-100_000);
      if (seen.includes(text)) child.kill("SIGKILL");
    });
    child.on("close", (_, signal) => resolve(signal));
  });
}

async function sha256(file: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const bytes of createReadStream(file)) hash.update(bytes as Buffer);
  return hash.digest("hex");
}

/** The worker as one file: its calls from module to module must not go through vitest's. */
async function bundleWorker(folder: string): Promise<string> {
  const root = fileURLToPath(new URL("..", import.meta.url));
  await build({
    configFile: false,
    root,
    logLevel: "warn",
    ssr: { noExternal: true, resolve: { conditions: ["hvm-source"] } },
    build: {
      ssr: "test/cloud-init-worker.ts",
      outDir: join(folder, "worker"),
      target: "node20.19",
      rolldownOptions: { output: { entryFileNames: "worker.mjs" } },
    },
  });
  return join(folder, "worker", "worker.mjs");
}
