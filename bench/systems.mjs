// The systems under measurement. Each runs one workload image and gives the wall-clock seconds of every round, taken on the
// host between the two serial marks "b" and the end of the line, and the checksum that the guest printed.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const wallClock = () => Number(process.hrtime.bigint()) / 1e9;
const ownCpuClock = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};
/** Processor seconds of a process and all that it has started; Linux, in steps of 10 ms. */
function cpuClockOf(root) {
  let seconds = 0;
  const parents = new Map();
  for (const name of readdirSync("/proc")) {
    if (!/^[0-9]+$/.test(name)) continue;
    try {
      const fields = readFileSync(`/proc/${name}/stat`, "latin1")
        .replace(/^.*\) /, "")
        .split(" ");
      parents.set(Number(name), { parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) });
    } catch {
      // It has ended meanwhile.
    }
  }
  const belongs = (pid) => pid === root || (parents.has(pid) && pid > 1 && belongs(parents.get(pid).parent));
  for (const [pid, { ticks }] of parents) if (belongs(pid)) seconds += ticks / 100;
  return seconds;
}

/** Turns a stream of serial characters into rounds. */
export function roundTimer(now = wallClock) {
  const rounds = [];
  let started;
  let text = "";
  return {
    rounds,
    feed(chunk) {
      for (const char of chunk) {
        if (char === "b" && started === undefined) {
          started = now();
          text = "";
        } else if (char === "\n" && started !== undefined) {
          rounds.push({ seconds: now() - started, checksum: text });
          started = undefined;
        } else text += char;
      }
    },
  };
}

const withImage = async (image, run) => {
  const folder = mkdtempSync(join(tmpdir(), "bench-"));
  try {
    writeFileSync(join(folder, "image.bin"), image);
    return await run(folder, join(folder, "image.bin"));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/** Runs a program until it ends or has shown `rounds` rounds. */
const external = (command, args, { rounds, cwd, output, clock }) =>
  new Promise((resolve, reject) => {
    const timer = roundTimer(clock === "cpu" ? () => cpuClockOf(child.pid) : wallClock);
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, TERM: "vt100" },
      stdio: ["pipe", "pipe", "pipe"],
    });
    let errors = "";
    child.on("error", reject);
    child.stderr.on("data", (data) => {
      errors += data;
    });
    const listen = (stream) =>
      stream.on("data", (data) => {
        timer.feed(data.toString("latin1"));
        if (timer.rounds.length >= rounds) child.kill("SIGTERM");
      });
    if (output) {
      child.stdout.resume();
      output.then((stream) => listen(stream.on("error", () => {})));
    } else listen(child.stdout);
    const limit = setTimeout(() => child.kill("SIGTERM"), 300_000);
    child.on("close", () => {
      clearTimeout(limit);
      if (timer.rounds.length < rounds)
        reject(new Error(`${command}: ${timer.rounds.length} of ${rounds} rounds\n${errors.slice(-2000)}`));
      else resolve(timer.rounds);
    });
    if (!output) child.stdin.end();
  });

export const qemu = {
  name: "QEMU TCG",
  available: () => existsSync("/usr/bin/qemu-system-x86_64"),
  run: (image, { rounds, clock }) =>
    withImage(image, (_, file) =>
      external(
        "qemu-system-x86_64",
        [
          "-accel",
          "tcg",
          "-M",
          "pc,vmport=on",
          "-cpu",
          "max",
          "-m",
          "64",
          "-drive",
          `file=${file},format=raw,snapshot=on`,
          "-display",
          "none",
          "-serial",
          "stdio",
          "-monitor",
          "none",
          "-no-reboot",
          "-device",
          "isa-debug-exit,iobase=0x501,iosize=1",
        ],
        { rounds, clock },
      ),
    ),
};

export const bochs = {
  name: "Bochs",
  available: () => existsSync("/usr/bin/bochs") && existsSync("/usr/share/bochs/BIOS-bochs-latest"),
  run: (image, { rounds, clock }) =>
    withImage(padToFloppy(image), async (folder, file) => {
      // Bochs buffers a serial port that goes to a file; a socket shows each byte when it comes.
      const server = createServer();
      await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
      const rc = [
        "config_interface: textconfig",
        "display_library: term",
        "romimage: file=/usr/share/bochs/BIOS-bochs-latest",
        "vgaromimage: file=/usr/share/bochs/VGABIOS-lgpl-latest",
        "megs: 64",
        "cpu: model=corei5_lynnfield_750, count=1, ips=100000000, reset_on_triple_fault=0",
        `floppya: 1_44=${file}, status=inserted`,
        "boot: floppy",
        `com1: enabled=1, mode=socket-client, dev=127.0.0.1:${server.address().port}`,
        `log: ${join(folder, "log")}`,
        "sound: driver=dummy",
        "clock: sync=none",
        "",
      ];
      writeFileSync(join(folder, "rc"), rc.join("\n"));
      writeFileSync(join(folder, "go"), "c\n");
      // The terminal display wants a terminal: script(1) makes one.
      const command = `exec bochs -q -f ${join(folder, "rc")} -rc ${join(folder, "go")}`;
      const output = new Promise((resolve) => server.once("connection", resolve));
      try {
        return await external("script", ["-qfc", command, "/dev/null"], { rounds, cwd: folder, output, clock });
      } finally {
        server.close();
      }
    }),
};

const padToFloppy = (image) => {
  const floppy = new Uint8Array(1440 * 1024);
  floppy.set(image);
  return floppy;
};

/** Ours, in this very process; the modules come from the build. */
export async function ours(tier) {
  const { createMachine } = await import("hvm-machine");
  const { loadBootSector } = await import("guest-loader");
  return {
    name: `ours, tier ${tier}`,
    available: () => true,
    async run(image, { config, clock }) {
      const machine = createMachine({ memory: 64, tier, ...config });
      const timer = roundTimer(clock === "cpu" ? ownCpuClock : wallClock);
      const counts = [];
      machine.devices.serial.onOutput((bytes) => {
        const before = timer.rounds.length;
        timer.feed(Buffer.from(bytes).toString("latin1"));
        if (timer.rounds.length > before) counts.push(machine.retired);
        else if (bytes.includes(0x62) && counts.length % 2 === 0) counts.push(machine.retired);
      });
      machine.boot(loadBootSector(image));
      machine.run({ maxInstructions: 50e9 });
      timer.rounds.forEach((round, index) => {
        round.instructions = counts[index * 2 + 1] - counts[index * 2];
      });
      return timer.rounds;
    },
  };
}
