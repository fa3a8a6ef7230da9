// What an idle guest costs its host: `node bench/idle.mjs [--seconds=N] [--linux=DIR]`, with apps/hvm built. Processor time beside time that
// passed, in real time (`--realtime`), for guests with a timer and, on a Linux host with DIR (vmlinux and
// initramfs), Debian's kernel at a shell prompt after its boot; and how much guest time a second of processor time is when idle time is jumped over.
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const hvm = join(here, "..", "apps", "hvm", "dist", "bin.js");
const words = process.argv.slice(2);
const option = (name, otherwise) =>
  words.find((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3) ?? otherwise;
const seconds = Number(option("seconds", 10));
const linux = option("linux");
const folder = mkdtempSync(join(tmpdir(), "bench-idle-"));

/** 16-bit code: 8259 set up, PIT on vector 8 with this divisor of 1,193,182 Hz (0 is 65,536), HLT between the ticks. */
const ticks = (divisor) =>
  `fa31c08ed88ed0bc0070c7062000377ca32200b011e620b008e621b004e621b001e621b0fee621b034e643b0${byte(divisor)}e640b0${byte(divisor >> 8)}e640fbf4ebfdb020e620cf`;
const byte = (value) => (value & 0xff).toString(16).padStart(2, "0");

/** Of a running process, from Linux' /proc (proc(5): utime and stime, fields 14 and 15, in hundredths of a second). */
function processorSeconds(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function run(...args) {
  const { stdout, stderr } = spawnSync(process.execPath, [hvm, "run", "--json", ...args], {
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  if (stdout === "") throw new Error(stderr);
  return JSON.parse(stdout);
}

function flat(name, hex, ...args) {
  const path = join(folder, name);
  writeFileSync(path, Buffer.from(hex, "hex"));
  return run("--flat=real", "--memory=1", ...args, path);
}

try {
  console.log("guest                    host s     CPU s  CPU per host second     guest s");
  const line = (name, { host, virtualTimeNs }) =>
    console.log(
      [
        name.padEnd(22),
        host.seconds.toFixed(2).padStart(9),
        host.cpuSeconds.toFixed(3).padStart(10),
        `${((host.cpuSeconds / host.seconds) * 100).toFixed(2)} %`.padStart(21),
        (virtualTimeNs === undefined ? "" : (virtualTimeNs / 1e9).toFixed(2)).padStart(12),
      ].join(""),
    );
  const limit = `--timeout=${seconds}`;
  line("PIT at 18 Hz", flat("slow", ticks(0), "--realtime", limit));
  line("PIT at 100 Hz", flat("ticks", ticks(11_932), "--realtime", limit));
  line("the same, time jumps", flat("ticks", ticks(11_932), "--max-insns=20M"));
  if (linux !== undefined) {
    const args = [
      ...["--kernel", join(linux, "vmlinux"), "--initrd", join(linux, "initramfs"), "--memory=256", "--realtime"],
      ...["--append", "cryptomgr.notests console=ttyS0 quiet mode=shell"],
    ];
    const child = spawn(process.execPath, [hvm, "run", ...args], { stdio: ["pipe", "pipe", "ignore"] });
    let text = "";
    for await (const chunk of child.stdout) if ((text += chunk).includes("~ # ")) break;
    const cpu = processorSeconds(child.pid);
    const began = performance.now();
    await setTimeout(seconds * 1000);
    const host = {
      seconds: (performance.now() - began) / 1000,
      cpuSeconds: processorSeconds(child.pid) - cpu,
    };
    child.kill("SIGINT");
    line("Debian at its prompt", { host });
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
