/** Runs the command line inside the test process, its output captured; guests from Debian packages where set-up has put them. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Host } from "../src/cli/host.ts";
import type { OutputStream } from "../src/cli/terminal.ts";
import { main } from "../src/main.ts";

const repository = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "..");

export interface Outcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly stdoutBytes: Uint8Array;
}

export async function hvm(
  args: readonly string[],
  options: { stdin?: string; env?: Record<string, string>; host?: Host; stdout?: OutputStream } = {},
): Promise<Outcome> {
  const out: Uint8Array[] = [];
  const err: Uint8Array[] = [];
  const encoder = new TextEncoder();
  const sink = (parts: Uint8Array[]) => ({
    write(chunk: string | Uint8Array) {
      parts.push(typeof chunk === "string" ? encoder.encode(chunk) : chunk.slice());
      return true;
    },
  });
  let input = encoder.encode(options.stdin ?? "");
  const status = await main(args, {
    stdout: options.stdout ?? sink(out),
    stderr: sink(err),
    ...(options.host ? { host: options.host } : {}),
    env: options.env ?? {},
    readStdin(length) {
      const part = input.subarray(0, length);
      input = input.subarray(part.length);
      return part;
    },
    stdinIsTerminal: false,
  });
  const stdoutBytes = Buffer.concat(out);
  return { status, stdout: stdoutBytes.toString("utf8"), stderr: Buffer.concat(err).toString("utf8"), stdoutBytes };
}

/**
 * The command line as users run it: one bundle, its own process. Long guests run several times faster than inside the test process,
 * where every call from module to module goes through a getter.
 */
export function bundledHvm(): { readonly script: string; run(args: readonly string[]): Outcome; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), "hvm-bundle-"));
  const bundle = join(repository, "apps", "hvm", "scripts", "bundle.mjs");
  const script = join(folder, "bin.js");
  const made = spawnSync(process.execPath, [bundle, folder], { encoding: "utf8" });
  if (made.status !== 0) throw new Error(`bundle.mjs failed: ${made.stderr}`);
  return {
    script,
    run(args) {
      const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], {
        stdio: ["ignore", "pipe", "pipe"],
        // The bundle's folder is gone after the test: what is kept of it would never be read.
        env: { ...process.env, HVM_CODE_CACHE: "0" },
        maxBuffer: 64 * 1024 * 1024,
      });
      return { status: status ?? -1, stdout: stdout.toString(), stderr: stderr.toString(), stdoutBytes: stdout };
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Root of an extracted guest. Without it: a failure under CI=true, elsewhere undefined (skip). */
export function guestRoot(name: string, command = `node tooling/guests/fetch.mjs ${name}`): string | undefined {
  const root = join(repository, ".cache", "guests", name);
  if (existsSync(join(root, ".packages"))) return root;
  if (process.env["CI"] === "true") throw new Error(`guest ${name} is missing: run \`${command}\``);
  return undefined;
}

export const SKIP_HINT = "needs `node tooling/guests/fetch.mjs` (Debian's apt-get)";
