import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { guestRoot, hvm, SKIP_HINT } from "./cli.ts";

const guest = guestRoot("busybox");
const native = process.arch === "x64" && process.platform === "linux";
const root = mkdtempSync(join(tmpdir(), "busybox-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe.skipIf(guest === undefined || !native)(
  `[hvm exec] busybox beside the host's own run (${SKIP_HINT}; x86-64 Linux)`,
  () => {
    const busybox = join(guest ?? "", "bin", "busybox");
    mkdirSync(join(root, "bin"), { recursive: true });
    const words = Array.from({ length: 3000 }, (_, i) => `${((i * 7919) % 3001).toString(36)} line ${i}`).join("\n");
    writeFileSync(join(root, "words"), `${words}\n`);
    writeFileSync(join(root, "random"), randomBytes(50_000));
    writeFileSync(join(root, "empty"), "");
    writeFileSync(join(root, "bin", "busybox"), execFileSync("cat", [busybox], { maxBuffer: 1 << 26 }), {
      mode: 0o755,
    });
    symlinkSync("busybox", join(root, "bin", "sh"));

    it.each([
      ["sha256sum", "/words"],
      ["sha256sum", "/random"],
      ["sha512sum", "/random"],
      ["md5sum", "/empty", "/words"],
      ["sort", "/words"],
      ["sort", "-n", "-r", "/words"],
      ["awk", "{ s += $3; if ($3 % 500 == 0) print $1, $3 * 1.5, s / 7 } END { print NR, s }", "/words"],
      ["gzip", "-c", "/words"],
      ["gzip", "-c", "/random"],
      ["wc", "/words"],
      ["grep", "-n", "99", "/words"],
      ["sed", "s/line/LINE/g", "/words"],
      ["od", "-x", "/empty"],
      ["seq", "1", "50"],
      ["expr", "6", "*", "7"],
      ["cat", "/nowhere"],
      ["false"],
    ])("busybox %s %s", async (...args) => {
      const here = await hvm(["exec", `--root=${root}`, "--vmware-port=0", "--", "/bin/busybox", ...args]);
      let status = 0;
      let stdout: Buffer;
      try {
        stdout = execFileSync(
          busybox,
          args.map((arg) => (arg.startsWith("/") ? join(root, arg) : arg)),
          { maxBuffer: 1 << 26, env: { LANG: "C" } },
        );
      } catch (error) {
        const failed = error as { status: number; stdout: Buffer };
        ({ status, stdout } = failed);
      }
      const strip = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1").replaceAll(root, "");
      expect(here.status, here.stderr).toBe(status);
      expect(strip(here.stdoutBytes)).toBe(strip(stdout));
    });

    it("reads standard input", async () => {
      const { stdout } = await hvm(["exec", `--root=${root}`, "--", "/bin/busybox", "tr", "a-z", "A-Z"], {
        stdin: "quiet\n",
      });
      expect(stdout).toBe("QUIET\n");
    });

    it("leaves no way out of the root", async () => {
      symlinkSync("/etc/hostname", join(root, "outside"));
      for (const path of ["/outside", "/../../../../../../etc/hostname", "/proc/1/cmdline"]) {
        const { status, stdout } = await hvm(["exec", `--root=${root}`, "--", "/bin/busybox", "cat", path]);
        expect(stdout).toBe("");
        expect(status).toBe(1);
      }
    });

    it("shows the simulated machine's /proc, and not the host's", async () => {
      const { stdout } = await hvm(["exec", `--root=${root}`, "--", "/bin/busybox", "cat", "/proc/version"]);
      expect(stdout).toContain("(simulated)");
      expect(stdout).not.toBe(readFileSync("/proc/version", "utf8"));
    });
  },
);
