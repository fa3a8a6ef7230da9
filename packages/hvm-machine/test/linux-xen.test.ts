/**
 * Debian's kernel under Xen's personality, with VMware's leaves beside Xen's: which hypervisor it takes, that it talks through Xen's console
 * ring, and that a boot saved in the middle ends as one that was not. Takes minutes:
 * `HVM_LONG=1 npx vitest run test/linux-xen.test.ts`, after `node tooling/guests/fetch.mjs linux` in the root.
 */
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type CpioEntry, loadImage, writeCpio } from "guest-loader";
import { bootEnvironment, createMachine, type Machine, type MachineConfig } from "hvm-machine";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../../.cache/guests/linux", import.meta.url));
const isLong = process.env["HVM_LONG"] !== undefined && existsSync(join(root, "vmlinux"));
const BUDGET = 2_000_000_000;
/** Ticks at which boots are cut. Power off comes at about 710 million. */
const CUTS = [100_000_000, 400_000_000, 600_000_000];

function* entriesOf(folder: string, prefix = ""): Generator<CpioEntry> {
  for (const name of readdirSync(folder).sort()) {
    const full = join(folder, name);
    const stat = lstatSync(full);
    const path = prefix + name;
    const permissions = stat.mode & 0o777;
    if (stat.isSymbolicLink()) yield { kind: "symlink", path, target: readlinkSync(full) };
    else if (stat.isDirectory()) {
      yield { kind: "directory", path, permissions };
      yield* entriesOf(full, `${path}/`);
    } else if (stat.isFile()) yield { kind: "file", path, permissions, bytes: readFileSync(full) };
  }
}

const configOf = (vcpus: number): MachineConfig => ({ memory: 256, vcpus, personality: "xen-v6", vmwareHw: 11 });
function start(vcpus: number): Machine {
  const config = configOf(vcpus);
  const machine = createMachine(config);
  const image = loadImage(readFileSync(join(root, "vmlinux")), {
    ...bootEnvironment(config),
    commandLine: "cryptomgr.notests console=ttyS0 console=hvc0",
    initrd: writeCpio(entriesOf(join(root, "initramfs"))),
  });
  machine.boot(image);
  return machine;
}

describe.skipIf(!isLong)("[hvm-machine] Debian's kernel under Xen", () => {
  it.each([1, 2, 4])(
    "%d processors: Xen is detected, hvc0 works, and a boot cut anywhere ends alike",
    (vcpus) => {
      const whole = start(vcpus);
      let [serial, console] = ["", ""];
      whole.devices.serial.onOutput((bytes) => void (serial += Buffer.from(bytes).toString("latin1")));
      whole.xenConsole.onOutput((bytes) => void (console += Buffer.from(bytes).toString("latin1")));
      const states = CUTS.map((ticks) => {
        whole.run({ maxInstructions: ticks - whole.domain.ticks });
        return whole.save();
      });
      expect(whole.run({ maxInstructions: BUDGET })).toMatchObject({ shutdown: { text: "soft off by acpi-pm" } });
      expect(serial).toContain("Hypervisor detected: Xen HVM");
      expect(serial).toContain("Booting kernel on Xen PVH");
      expect(serial).toContain("Xen HVM callback vector for event delivery is enabled");
      expect(serial).toContain("Switched to clocksource xen");
      expect(console).toContain("INIT REACHED");
      expect(console).toContain("INIT DONE");
      for (const state of states) {
        const other = createMachine(configOf(vcpus));
        other.load(state);
        other.run({ maxInstructions: BUDGET });
        expect(other.traceHash()).toBe(whole.traceHash());
        expect(other.domain.ticks).toBe(whole.domain.ticks);
      }
    },
    900_000,
  );
});
