/** One machine and what there is to tell about it: no worker, no page, no clock of its own. */
import { ImageError, loadBootSector, loadImage } from "guest-loader";
import {
  bootEnvironment,
  createMachine,
  type Machine,
  type MachineConfig,
  type MachineStop,
  triggers,
} from "hvm-machine";
import { firstLight } from "vmport-first-light";
import { describeCall } from "./describe-call.ts";
import { memoryDisk } from "./memory-disk.ts";
import type { Call, GuestChoice, Progress, Settings, Trigger } from "./protocol.ts";

/** Calls that one report lists; a guest may make a hundred thousand in the meantime. */
const MAX_CALLS = 400;
/** Bytes of input that wait for a guest that does not read. */
const MAX_INPUT = 1 << 16;
const MAX_NOTICES = 50;
/** A slice ends after this many instructions, or VM entries, whichever comes first. */
const SLICE = 1_000_000;
const SLICE_STEPS = 20_000;

const utf8 = new TextDecoder();

export class GuestRun {
  private readonly machine: Machine;
  private serial: Uint8Array[] = [];
  private calls: Call[] = [];
  private callCount = 0;
  private notices: string[] = [];
  private input: number[] = [];
  private guestinfoChanged = true;
  private shownScreen = -1;
  private retiredBefore = 0;
  private stop: MachineStop | undefined;

  /** @throws Error that says what cannot be */
  constructor(guest: GuestChoice, settings: Settings, guestinfo: Readonly<Record<string, string>>) {
    const config: MachineConfig = {
      ...settings,
      name: guest.image?.name ?? "first-light",
      guestinfo,
      disks: guest.disks.map(({ bytes }) => memoryDisk(bytes)),
      guestLog: (text) => this.notice(`guest's log: ${text}`),
    };
    this.machine = createMachine(config);
    const { machine } = this;
    machine.devices.serial.onOutput((bytes) => this.serial.push(bytes.slice()));
    machine.backdoor.observe((event) => {
      this.callCount++;
      if (this.calls.length < MAX_CALLS) this.calls.push(describeCall(event, this.callCount));
    });
    machine.guestrpc.guestinfo.watch(() => {
      this.guestinfoChanged = true;
    });
    machine.boot(bootable(guest, config));
  }

  /** @returns false when the machine cannot go on by itself: it ended, or it waits for `untilNs` */
  slice(untilNs: bigint): boolean {
    if (this.stop) return false;
    const { serial } = this.machine.devices;
    if (this.input.length > 0) this.input.splice(0, serial.input(Uint8Array.from(this.input)));
    const stop = this.machine.run({ maxInstructions: SLICE, maxSteps: SLICE_STEPS, untilNs });
    if (stop.kind === "instructions" || stop.kind === "steps") return true;
    if (stop.kind !== "time") this.stop = stop;
    return false;
  }

  get nowNs(): bigint {
    return this.machine.clock.nowNs();
  }

  get hasEnded(): boolean {
    return this.stop !== undefined;
  }

  type(bytes: Uint8Array): void {
    this.input.push(...bytes.subarray(0, Math.max(0, MAX_INPUT - this.input.length)));
  }

  key(code: string, isDown: boolean): void {
    this.machine.devices.i8042.key(code, isDown);
  }

  setGuestinfo(key: string, value: string): void {
    const refused = this.machine.guestrpc.guestinfo.set(key, value);
    if (refused) this.notice(`guestinfo: ${refused.message}`);
  }

  trigger(trigger: Trigger): void {
    triggers[trigger](this.machine, (result) => this.notice(`${trigger}: ${result}`));
  }

  /** What happened since the last call. @param hostMs host time spent in `slice` since then */
  progress(hostMs: number, state: "running" | "idle" | "paused"): Progress {
    const { machine, stop } = this;
    const retired = machine.retired;
    const { exitCounts } = machine.domain;
    const screen = this.screen();
    const result: Progress = {
      kind: "progress",
      serial: this.serial,
      calls: this.calls,
      callCount: this.callCount,
      notices: this.notices,
      ...(this.guestinfoChanged ? { guestinfo: this.guestinfo() } : {}),
      ...(screen ? { screen } : {}),
      instructions: retired,
      virtualSeconds: Number(machine.clock.nowNs()) / 1e9,
      mips: hostMs > 0 ? (retired - this.retiredBefore) / hostMs / 1e3 : 0,
      exits: { ...exitCounts },
      state: stop ? "ended" : state,
      ...(stop ? { end: describeStop(stop), traceHash: machine.traceHash() } : {}),
    };
    this.serial = [];
    this.calls = [];
    this.notices = [];
    this.guestinfoChanged = false;
    this.retiredBefore = retired;
    return result;
  }

  private guestinfo(): NonNullable<Progress["guestinfo"]> {
    return this.machine.guestrpc.guestinfo
      .list()
      .map(({ key, value, origin }) => ({ key, value: utf8.decode(value), isGuests: origin === "guest" }));
  }

  private screen(): Progress["screen"] {
    const { vga } = this.machine.devices;
    if (!vga || vga.changes === this.shownScreen) return undefined;
    this.shownScreen = vga.changes;
    return this.machine.screen();
  }

  private notice(text: string): void {
    if (this.notices.length < MAX_NOTICES) this.notices.push(text);
  }
}

function bootable({ image, initrd, commandLine }: GuestChoice, config: MachineConfig): ReturnType<typeof loadImage> {
  if (!image) return loadBootSector(firstLight());
  try {
    return loadImage(image.bytes, {
      ...bootEnvironment(config),
      name: image.name,
      commandLine,
      ...(initrd ? { initrd: initrd.bytes } : {}),
    });
  } catch (error) {
    throw error instanceof ImageError ? new Error(`${image.name}: ${error.message}`) : error;
  }
}

function describeStop(stop: MachineStop): string {
  return stop.kind === "shutdown" ? `${stop.shutdown.reason}: ${stop.shutdown.text}` : stop.kind;
}
