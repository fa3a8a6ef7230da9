/**
 * Debian's disk in a machine of its own process, saved on the way or begun from such a state. What the guest wrote to its disk goes with the
 * machine's state, since a machine does not hold its disks. Used by cloud-init.test.ts:
 *
 *   through GUEST STATE    boots, writes STATE at 6 s of the guest's time, goes on to the end
 *   load GUEST STATE       begins there
 */
import { closeSync, fstatSync, openSync, readFileSync, readSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { deserialize, serialize } from "node:v8";
import { loadImage } from "guest-loader";
import { bootEnvironment, createMachine, type Machine, type MachineConfig, type MachineState } from "hvm-machine";
import { COMMAND_LINE, guestinfo } from "./cloud-init-seed.ts";

const SECTOR = 512;
const SAVE_AT_NS = 6_000_000_000n;
const HALT_AT_NS = 60_000_000_000n;
/** A guest that nobody can halt would idle for ever. */
const END_AT_NS = 120_000_000_000n;

interface Saved {
  readonly machine: MachineState;
  readonly written: Map<number, Uint8Array>;
}

/** The image under what the guest wrote, sector by sector. */
function overlay(path: string, written: Map<number, Uint8Array>) {
  const fd = openSync(path, "r");
  const backend = {
    sectors: fstatSync(fd).size / SECTOR,
    readSectors(sector: number, count: number): Uint8Array {
      const bytes = new Uint8Array(count * SECTOR);
      readSync(fd, bytes, 0, bytes.length, sector * SECTOR);
      for (let index = 0; index < count; index++) {
        const own = written.get(sector + index);
        if (own) bytes.set(own, index * SECTOR);
      }
      return bytes;
    },
    writeSectors(sector: number, bytes: Uint8Array): boolean {
      for (let at = 0; at < bytes.length; at += SECTOR) written.set(sector + at / SECTOR, bytes.slice(at, at + SECTOR));
      return true;
    },
  };
  return { backend, close: () => closeSync(fd) };
}

/** To that time, or to the guest's end before. */
function runUntil(machine: Machine, untilNs: bigint): string {
  for (;;) {
    const stop = machine.run({ untilNs });
    if (stop.kind === "shutdown") return stop.shutdown.reason;
    if (stop.kind === "time") return "time";
    if (stop.kind !== "instructions" && stop.kind !== "steps") return stop.kind;
  }
}

function main([how, guest, state]: readonly string[]): void {
  if (guest === undefined || state === undefined) throw new Error("through|load GUEST STATE expected");
  const saved = how === "load" ? (deserialize(readFileSync(state)) as Saved) : undefined;
  const written = saved?.written ?? new Map<number, Uint8Array>();
  const disk = overlay(join(guest, "disk.img"), written);
  const config: MachineConfig = {
    memory: 512,
    vmwareHw: 11,
    acpi: true,
    apic: true,
    hpet: true,
    disks: [{ backend: disk.backend }],
    guestinfo: guestinfo(),
  };
  const machine = createMachine(config);
  const serial: Uint8Array[] = [];
  machine.devices.serial.onOutput((bytes) => void serial.push(bytes.slice()));
  if (saved) machine.load(saved.machine);
  else {
    machine.boot(
      loadImage(readFileSync(join(guest, "vmlinux")), {
        ...bootEnvironment(config),
        name: "vmlinux",
        commandLine: COMMAND_LINE,
        modules: [],
        initrd: readFileSync(join(guest, "initrd.img")),
      }),
    );
    runUntil(machine, SAVE_AT_NS);
    const whole: Saved = { machine: machine.save(), written };
    writeFileSync(state, serialize(whole));
    serial.length = 0;
  }
  const savedAt = machine.retired;
  runUntil(machine, HALT_AT_NS);
  void machine.guestrpc.halt();
  const end = runUntil(machine, END_AT_NS);
  disk.close();
  const { tools } = machine.guestrpc;
  console.log(
    JSON.stringify({
      end,
      savedAt,
      instructions: machine.retired,
      traceHash: machine.traceHash(),
      hostname: new TextDecoder().decode(tools.guestInfo.get(1)),
      sectorsWritten: written.size,
      serial: Buffer.concat(serial).toString("latin1"),
    }),
  );
}

main(process.argv.slice(2));
