// `node bench/backdoor.mjs [--boots=N] [--rounds=N] [SYSTEM…]`: calls per second of VMware's backdoor. GETVERSION, and a round trip of
// info-get with a value of 1 KiB by low and by high bandwidth, from ring 0 and ring 3: ours (log off, and every class into the ring
// buffer), QEMU TCG with vmport=on, v86 as it comes, v86 with vmport-adapters. Systems take turns; medians over boots and rounds, without
// each boot's first round. Needs nasm; uses the build; QEMU and v86 where they are.
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { loadavg, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { roundTimer } from "./systems.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const args = process.argv.slice(2);
const option = (name, otherwise) =>
  Number(args.find((arg) => arg.startsWith(`--${name}=`))?.split("=")[1] ?? otherwise);
const boots = option("boots", 3);
const rounds = option("rounds", 4);
const only = args.filter((arg) => !arg.startsWith("--"));
const PARAMETERS_AT = 0x20;
const ALL_CLASSES = 0x7fff_ffff;
/** A ring-3 call costs several of ring 0. */
const RING3_SHARE = 5;

const folder = mkdtempSync(join(tmpdir(), "bench-backdoor-"));
execFileSync("nasm", ["-f", "bin", "-w-number-overflow", "-o", join(folder, "image"), join(here, "backdoor.asm")], {
  stdio: ["ignore", "ignore", "inherit"],
});
const template = readFileSync(join(folder, "image"));

function imageOf({ work, ring }, iterations) {
  const image = Uint8Array.from(template);
  const view = new DataView(image.buffer);
  [work, ring, iterations, rounds + 1].forEach((word, index) => {
    view.setUint32(PARAMETERS_AT + 4 * index, word, true);
  });
  return image;
}

const workloads = [
  { name: "GETVERSION, ring 0", work: 0, ring: 0, unit: "calls" },
  { name: "GETVERSION, ring 3", work: 0, ring: 3, unit: "calls" },
  { name: "info-get 1 KiB low, ring 0", work: 1, ring: 0, unit: "round trips" },
  { name: "info-get 1 KiB low, ring 3", work: 1, ring: 3, unit: "round trips" },
  { name: "info-get 1 KiB high, ring 0", work: 2, ring: 0, unit: "round trips" },
  { name: "info-get 1 KiB high, ring 3", work: 2, ring: 3, unit: "round trips" },
];

/** Iterations of a round, by work: a few tenths of a second each. */
const ours = (name, config) => ({
  name,
  iterations: [1_500_000, 1000, 12_000],
  does: () => true,
  async run(image) {
    const { createMachine } = await import("hvm-machine");
    const { loadMultiboot } = await import("guest-loader");
    const machine = createMachine({ memory: 8, vmwareHw: 11, ...config });
    const timer = roundTimer();
    machine.devices.serial.onOutput((bytes) => timer.feed(Buffer.from(bytes).toString("latin1")));
    machine.boot(loadMultiboot(image, { memorySize: 8 << 20 }));
    machine.run({ maxInstructions: 1e10 });
    return timer.rounds;
  },
});

const qemu = {
  name: "QEMU TCG",
  iterations: [4_000_000],
  // No message channel, and nothing for ring 3.
  does: ({ work, ring }) => work === 0 && ring === 0,
  run: (image) =>
    new Promise((resolve, reject) => {
      writeFileSync(join(folder, "kernel"), image);
      const timer = roundTimer();
      const machine = [
        "-accel",
        "tcg",
        "-machine",
        "pc,vmport=on",
        "-cpu",
        "max",
        "-m",
        "64",
        "-kernel",
        join(folder, "kernel"),
      ];
      const rest = ["-display", "none", "-serial", "stdio", "-monitor", "none", "-no-reboot"];
      const exit = ["-device", "isa-debug-exit,iobase=0x501"];
      const child = spawn("qemu-system-x86_64", [...machine, ...rest, ...exit], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      child.on("error", reject);
      child.stdout.on("data", (data) => timer.feed(data.toString("latin1")));
      const limit = setTimeout(() => child.kill("SIGTERM"), 60_000);
      child.on("close", () => {
        clearTimeout(limit);
        resolve(timer.rounds);
      });
    }),
};

const v86 = (name, adapted) => ({
  name,
  iterations: [200_000, 700, 3000],
  does: ({ work, ring }) => ring === 0 && (adapted || work === 0),
  async run(image) {
    const { V86 } = await import("v86");
    const build = dirname(createRequire(import.meta.url).resolve("v86"));
    const emulator = new V86({
      wasm_path: join(build, "v86.wasm"),
      memory_size: 16 << 20,
      vga_memory_size: 2 << 20,
      autostart: false,
      disable_speaker: true,
      multiboot: { buffer: image.buffer },
    });
    await new Promise((resolve) => emulator.add_listener("emulator-loaded", resolve));
    if (adapted) {
      const { attachToV86 } = await import("vmport-adapters");
      const { createBackdoor, createHost } = await import("vmport-backdoor");
      const { createGuestrpc } = await import("vmport-guestrpc");
      attachToV86(emulator.v86.cpu, createBackdoor({ host: createHost(), message: createGuestrpc({}) }));
    }
    const timer = roundTimer();
    await new Promise((resolve) => {
      emulator.add_listener("serial0-output-byte", (byte) => {
        timer.feed(String.fromCharCode(byte));
        if (timer.rounds.length > rounds || byte === 0x21) resolve();
      });
      emulator.run();
    });
    await emulator.destroy();
    return timer.rounds;
  },
});

const hasV86 = (() => {
  try {
    return existsSync(createRequire(import.meta.url).resolve("v86"));
  } catch {
    return false;
  }
})();
const systems = [
  ours("ours", {}),
  ours("ours, log in ring", { vmportDebug: ALL_CLASSES }),
  ...(existsSync("/usr/bin/qemu-system-x86_64") ? [qemu] : []),
  ...(hasV86 ? [v86("v86", false), v86("v86 + vmport-adapters", true)] : []),
].filter(({ name }) => only.length === 0 || only.includes(name));

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];
const shown = (perSecond) =>
  perSecond >= 1e6
    ? `${(perSecond / 1e6).toFixed(2)} M`
    : perSecond >= 1e3
      ? `${(perSecond / 1e3).toFixed(1)} k`
      : perSecond.toFixed(0);

console.log(`load average at the start ${loadavg()[0].toFixed(1)}; ${boots} boots of ${rounds} rounds each\n`);
try {
  for (const workload of workloads) {
    const samples = new Map(systems.map(({ name }) => [name, []]));
    const sums = new Set();
    for (let boot = 0; boot < boots; boot++)
      for (const system of systems) {
        if (!system.does(workload)) continue;
        const iterations = Math.ceil(system.iterations[workload.work] / (workload.ring === 3 ? RING3_SHARE : 1));
        const done = await system.run(imageOf(workload, iterations));
        if (done.length !== rounds + 1)
          throw new Error(`${system.name}, ${workload.name}: ${done.length} rounds of ${rounds + 1}`);
        for (const { checksum } of done) sums.add(checksum);
        for (const { seconds } of done.slice(1)) samples.get(system.name).push(iterations / seconds);
      }
    if (sums.size > 1) throw new Error(`${workload.name}: the systems disagree: ${[...sums].join(", ")}`);
    const base = systems[0].name;
    const reference = samples.get(base).length > 0 ? median(samples.get(base)) : undefined;
    const cells = systems.map(({ name }) => {
      const values = samples.get(name);
      if (values.length === 0) return `${name} -`;
      const ratio = name === base || reference === undefined ? "" : ` (${(median(values) / reference).toFixed(2)}×)`;
      return `${name} ${shown(median(values))}${ratio}`;
    });
    console.log(`${workload.name.padEnd(28)} ${workload.unit}/s: ${cells.join("   ")}`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
