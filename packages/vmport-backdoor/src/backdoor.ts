/**
 * The backdoor itself: decides whether an access is one, runs the command, and applies the rules of width and direction.
 *
 * Sources: Xen series v6 04/16 and v14 (IN changes AL, AX or EAX, OUT changes no EAX, both run the command, 32-bit halves), QEMU
 * `hw/i386/vmport.c`, open-vm-tools `lib/backdoor/backdoor.c`.
 */
import {
  type IoDirection,
  IoResult,
  type IoSize,
  type IoStringAccess,
  type PortHandler,
  type StringMemory,
} from "portio-bus";
import type { DebugLog } from "vmport-debug-log";
import { balloonCommandNames, balloonOutputs, runBalloon } from "./balloon.ts";
import type { BackdoorCommand, CommandEnvironment } from "./command.ts";
import { defaultCommands } from "./commands/index.gen.ts";
import type { BackdoorObserver, BackdoorOutcome } from "./events.ts";
import { outputBits, RegisterFrame } from "./frame.ts";
import { checkFirstByte, checkGp, type GpCheckRequest, type GpCheckResult } from "./gp-check.ts";
import { completeString, type HighBandwidthRequest, StringTransfer, stringCount } from "./high-bandwidth.ts";
import type { BackdoorHost } from "./host.ts";
import type { MessageHandler } from "./message-handler.ts";
import { vmware } from "./personalities/vmware.ts";
import type { Personality } from "./personality.ts";
import { type AbsolutePointer, type AbsolutePointerState, createAbsolutePointer } from "./pointer/absolute-pointer.ts";
import { commandName } from "./protocol/commands.ts";
import {
  ALL_ONES,
  BALLOON_MAGIC,
  BALLOON_PORT,
  BDOOR_MAGIC,
  BDOOR_PORT,
  BDOORHB_CMD_MESSAGE,
  BDOORHB_MAX_BYTES,
  BDOORHB_PORT,
  VMCALL_FLAG_HIGH_BANDWIDTH,
  VMCALL_FLAG_OUT,
} from "./protocol/constants.ts";
import { rdpmc } from "./rdpmc.ts";
import { type BackdoorContext, type BackdoorRegisters, Register } from "./registers.ts";
import { Reporter } from "./reporter.ts";
import { type BackdoorState, createState } from "./state.ts";

export interface BackdoorOptions {
  /** Default: `vmware`. */
  readonly personality?: Personality;
  readonly host: BackdoorHost;
  /**
   * Commands to choose from; default: all of this package. The personality picks by number among the package's own; any
   * other command is always answered. Two of the same number are an error.
   */
  readonly commands?: readonly BackdoorCommand[];
  /** Serves command 30 and the high-bandwidth port. */
  readonly message?: MessageHandler;
  readonly log?: DebugLog;
  /** For log records. Default 0. */
  readonly domainId?: number;
}

/** Where a transfer without the bus stopped. */
export interface HighBandwidthResult {
  /** `Unhandled`: not a backdoor access, RCX, RSI and RDI are untouched. */
  readonly result: IoResult;
  /** Element that page-faulted, or -1. Then nothing has changed: raise #PF and run the instruction again. */
  readonly faultIndex: number;
}

/** The port access that a hypercall stands for. */
export interface HypercallAccess {
  readonly direction: IoDirection;
  readonly port: number;
  readonly size: IoSize;
  /** A REP INSB or OUTSB of RCX bytes at RDI or RSI. */
  readonly highBandwidth: boolean;
}

export interface BackdoorSave {
  readonly version: 1;
  readonly personality: string;
  readonly guiOptions: number;
  readonly lazyTimer: boolean;
  readonly nestingOpen: boolean;
  /** `0x…`, or null while it is off. */
  readonly stealClockGpa: string | null;
  readonly pointer: AbsolutePointerState;
}

export interface Backdoor {
  readonly personality: Personality;
  /** Ranges to register {@link handler} for. */
  readonly ports: Personality["ports"];
  /**
   * For the bus. It writes all registers but the accumulator of an IN: that datum goes back through the bus, and the caller
   * puts it into AL, AX or EAX as for every IN. String instructions arrive whole; the caller advances RCX, RSI and RDI.
   */
  readonly handler: PortHandler<BackdoorContext>;
  /** The absolute pointer: push events here. */
  readonly pointer: AbsolutePointer;
  /** One access without a bus, accumulator included: AL, AX or the zero-extended EAX of an IN is written as well. */
  access(direction: IoDirection, port: number, size: IoSize, registers: BackdoorRegisters): IoResult;
  /** A REP INSB/OUTSB on 0x5659 without a bus; advances RCX, RSI and RDI itself. */
  highBandwidth(request: HighBandwidthRequest): HighBandwidthResult;
  /** {@link gpCheck} with the personality's word on ring 3, logged. */
  gpCheck(request: GpCheckRequest): GpCheckResult;
  /**
   * What a VMCALL or VMMCALL asks for, if the personality has it: the port access it stands for. `undefined`: not a backdoor call. Runs
   * nothing; for callers that perform port accesses themselves.
   */
  decodeHypercall(registers: Pick<BackdoorRegisters, "readRegister32">): HypercallAccess | undefined;
  /**
   * VMCALL or VMMCALL, if the personality has it. `memory` gives the string at RSI ("out") or RDI ("in") for high-bandwidth calls.
   * `Unhandled`: raise #UD or do what else the instruction does.
   */
  hypercall(registers: BackdoorRegisters, memory?: (direction: IoDirection) => StringMemory): HighBandwidthResult;
  /** RDPMC of a pseudo counter; `undefined` if `index` is none. */
  rdpmc(index: number): bigint | undefined;
  /** Called after each access; returns the function that ends it. Costs nothing while nobody observes. */
  observe(observer: BackdoorObserver): () => void;
  reset(): void;
  save(): BackdoorSave;
  load(state: BackdoorSave): void;
}

export function createBackdoor(options: BackdoorOptions): Backdoor {
  return new PortBackdoor(options);
}

/** As {@link outputBits}: the access leaves every register but EAX alone. */
const NO_OUTPUTS = 0;
const BALLOON_OUTPUTS = /* @__PURE__ */ outputBits(balloonOutputs);
const TRANSFER_OUTPUTS = /* @__PURE__ */ outputBits(["ebx"]);
const UNHANDLED: HighBandwidthResult = { result: IoResult.Unhandled, faultIndex: -1 };
const OKAY: HighBandwidthResult = { result: IoResult.Okay, faultIndex: -1 };

/** A command that this personality answers. */
interface CommandEntry {
  readonly command: BackdoorCommand;
  /** As {@link outputBits}. */
  readonly outputs: number;
  readonly isCpl0Only: boolean;
}

class PortBackdoor implements Backdoor {
  readonly personality: Personality;
  readonly ports: Personality["ports"];
  readonly handler: PortHandler<BackdoorContext>;
  readonly pointer: AbsolutePointer;

  readonly #host: BackdoorHost;
  readonly #message: MessageHandler | undefined;
  readonly #reporter: Reporter;
  /** By command number. */
  readonly #table: (CommandEntry | undefined)[] = [];
  readonly #environment: CommandEnvironment & { state: BackdoorState };
  /** Of the access being run; afterwards its EAX is what an IN delivers, before it is cut to the width. */
  readonly #frame = new RegisterFrame();
  /** Of the personality, what every call asks for. */
  readonly #commandMask: number;
  readonly #ring3Only: boolean;
  readonly #wideWrites: boolean;
  /** A plain access with magic is answered from ring 3, whatever the command. */
  readonly #takesPlain: boolean;

  constructor(options: BackdoorOptions) {
    const personality = options.personality ?? vmware;
    this.personality = personality;
    this.ports = personality.ports;
    this.#takesPlain = personality.ring3 && personality.unknownCommand !== "not-ours";
    this.#host = options.host;
    this.#message = personality.message === "served" ? options.message : undefined;
    this.#reporter = new Reporter(options.host, options.log, options.domainId ?? 0);
    this.#commandMask = personality.commandMask;
    this.#ring3Only = personality.ring3Only;
    this.#wideWrites = personality.wideWrites;
    this.pointer = createAbsolutePointer(personality.quirks.pointerClears);
    this.#environment = {
      host: options.host,
      personality,
      pointer: this.pointer,
      message: this.#message,
      state: createState(personality.quirks.guiOptions),
    };
    this.#fillTable(options.commands ?? defaultCommands);
    this.handler = {
      name: "vmport",
      access: (access) => {
        const result = this.#run(access.direction, access.port, access.size, access.context);
        if (result === IoResult.Okay && access.direction === "in") access.value = this.#frame.eax;
        return result;
      },
      accessDirect: (direction, port, size, _value, registers) => {
        const result = this.#run(direction, port, size, registers);
        return result === IoResult.Okay ? this.#frame.eax : ~result;
      },
      accessString: (access) => this.#accessString(access),
    };
  }

  access(direction: IoDirection, port: number, size: IoSize, registers: BackdoorRegisters): IoResult {
    const result = this.#run(direction, port, size, registers);
    if (result === IoResult.Okay && direction === "in") {
      const datum = this.#frame.eax;
      if (size === 4) registers.writeRegister64(Register.Eax, BigInt(datum));
      else registers.writeRegister32(Register.Eax, mergeNarrow(registers.readRegister32(Register.Eax), datum, size));
    }
    return result;
  }

  highBandwidth(request: HighBandwidthRequest): HighBandwidthResult {
    const count = stringCount(request);
    if (count === 0) return OKAY;
    const transfer = new StringTransfer(count, request.memory);
    const outcome = this.#transfer(request.direction, request.size, transfer, request.registers);
    if (outcome === "not-ours") return UNHANDLED;
    if (outcome === "fault") return { result: IoResult.Okay, faultIndex: transfer.faultIndex };
    completeString(request);
    return OKAY;
  }

  gpCheck(request: GpCheckRequest): GpCheckResult {
    const result = this.#checkGp(request);
    this.#reporter.gp(request, result);
    return result;
  }

  #checkGp(request: GpCheckRequest): GpCheckResult {
    return (this.#takesPlain ? checkFirstByte(request) : undefined) ?? this.#checkClosely(request);
  }

  #checkClosely(request: GpCheckRequest): GpCheckResult {
    const { ring3, ring3Accepts, highBandwidth, unknownCommand, commandMask } = this.personality;
    const anyAccess = ring3Accepts === "any";
    const result = checkGp(request, request.enabled && ring3, highBandwidth, anyAccess);
    if (result.code !== "handled") return result;
    // The high-bandwidth port takes bytes alone; wider strings are nobody's, and their fault is the guest's.
    if (!anyAccess && result.string !== undefined && result.size !== 1) return { code: "bad-state" };
    if (unknownCommand !== "not-ours") return result;
    // Who does not answer a command must not swallow its fault either.
    const number = request.registers.readRegister32(Register.Ecx) & commandMask;
    return this.#table[number] === undefined ? { code: "bad-state" } : result;
  }

  decodeHypercall(registers: Pick<BackdoorRegisters, "readRegister32">): HypercallAccess | undefined {
    if (!this.personality.hypercall || registers.readRegister32(Register.Eax) >>> 0 !== BDOOR_MAGIC) return undefined;
    const flags = registers.readRegister32(Register.Edx) & 0xffff;
    if ((flags & ~(VMCALL_FLAG_HIGH_BANDWIDTH | VMCALL_FLAG_OUT)) !== 0) return undefined;
    const highBandwidth = (flags & VMCALL_FLAG_HIGH_BANDWIDTH) !== 0;
    return {
      direction: (flags & VMCALL_FLAG_OUT) === 0 ? "in" : "out",
      port: highBandwidth ? BDOORHB_PORT : BDOOR_PORT,
      size: highBandwidth ? 1 : 4,
      highBandwidth,
    };
  }

  hypercall(registers: BackdoorRegisters, memory?: (direction: IoDirection) => StringMemory): HighBandwidthResult {
    const call = this.decodeHypercall(registers);
    if (call === undefined) return UNHANDLED;
    const { direction, port, highBandwidth } = call;
    if (!highBandwidth) return this.access(direction, port, 4, registers) === IoResult.Okay ? OKAY : UNHANDLED;
    if (memory === undefined) return UNHANDLED;
    const strings = memory(direction);
    return this.highBandwidth({
      direction,
      size: 1,
      rep: true,
      addressBits: 64,
      df: false,
      memory: strings,
      registers,
    });
  }

  rdpmc(index: number): bigint | undefined {
    return rdpmc(index, this.#host, this.personality);
  }

  observe(observer: BackdoorObserver): () => void {
    return this.#reporter.observe(observer);
  }

  reset(): void {
    this.pointer.reset();
    if (this.#environment.state.stealClockGpa !== undefined) this.#host.setStealClock?.(undefined);
    this.#environment.state = createState(this.personality.quirks.guiOptions);
  }

  save(): BackdoorSave {
    const { guiOptions, lazyTimer, nestingOpen, stealClockGpa } = this.#environment.state;
    return {
      version: 1,
      personality: this.personality.name,
      guiOptions,
      lazyTimer,
      nestingOpen,
      stealClockGpa: stealClockGpa === undefined ? null : `0x${stealClockGpa.toString(16)}`,
      pointer: this.pointer.save(),
    };
  }

  load(state: BackdoorSave): void {
    if (state.version !== 1) throw new RangeError(`vmport-backdoor: state version ${state.version}, expected 1`);
    if (state.personality !== this.personality.name) {
      throw new RangeError(
        `vmport-backdoor: state of personality "${state.personality}", this is "${this.personality.name}"`,
      );
    }
    const { guiOptions, lazyTimer, nestingOpen, stealClockGpa } = state;
    const gpa = stealClockGpa === null ? undefined : BigInt(stealClockGpa);
    this.#environment.state = { guiOptions, lazyTimer, nestingOpen, stealClockGpa: gpa };
    this.#host.setStealClock?.(gpa);
    this.pointer.load(state.pointer);
  }

  #fillTable(commands: readonly BackdoorCommand[]): void {
    const answers = new Set(this.personality.answers);
    const privileged = new Set(this.personality.cpl0Only);
    for (const command of commands) {
      if (!Number.isInteger(command.number) || command.number < 0 || command.number > 0xffff) {
        throw new RangeError(`backdoor command number ${command.number}: expected 0..65535`);
      }
      if (defaultCommands.includes(command) && !answers.has(command.number)) continue;
      if (this.#table[command.number] !== undefined) {
        throw new RangeError(`backdoor command ${command.number} (${commandName(command.number)}) is given twice`);
      }
      while (this.#table.length <= command.number) this.#table.push(undefined);
      this.#table[command.number] = {
        command,
        outputs: outputBits(command.outputs),
        isCpl0Only: privileged.has(command.number),
      };
    }
  }

  /** Runs one plain access. Registers are final except the accumulator of an IN, which is left in the frame. */
  #run(direction: IoDirection, port: number, size: IoSize, registers: BackdoorRegisters): IoResult {
    const words = this.#frame.begin(registers);
    if (port !== BDOOR_PORT || words[0] !== BDOOR_MAGIC || this.#ring3Only) {
      const result = this.#screen(direction, port, size, registers);
      if (result !== undefined) return result;
    }
    const number = (words[2] as number) & this.#commandMask;
    if (this.#reporter.active) return this.#runTold(number, direction, port, size, registers);
    return this.#call(number, direction, size, registers) === "not-ours" ? IoResult.Unhandled : IoResult.Okay;
  }

  /** What comes of an access that may be no call; undefined: it is one all the same. */
  #screen(direction: IoDirection, port: number, size: IoSize, registers: BackdoorRegisters): IoResult | undefined {
    if (port !== BDOOR_PORT && !this.#isInWindow(port)) {
      return port === BALLOON_PORT ? this.#runBalloon(direction, size, registers) : IoResult.Unhandled;
    }
    if (this.#ring3Only && registers.cpl !== 3) return IoResult.Unhandled;
    return this.#frame.eax === BDOOR_MAGIC ? undefined : this.#notVmware(direction, port, size, registers);
  }

  #runTold(number: number, direction: IoDirection, port: number, size: IoSize, registers: BackdoorRegisters): IoResult {
    const { words } = this.#frame;
    const reporter = this.#reporter;
    reporter.begin(direction, port, size, registers, words, number, commandName(number), undefined);
    const outcome = this.#call(number, direction, size, registers);
    if (outcome !== "command" && outcome !== "refused-privilege") reporter.unknownCommand();
    if (outcome === "not-ours") return IoResult.Unhandled;
    reporter.end(outcome, this.#finalEax(direction, size, BDOOR_MAGIC), words);
    return IoResult.Okay;
  }

  /** A call that has come through everything that is the same for all commands. */
  #call(
    number: number,
    direction: IoDirection,
    size: IoSize,
    registers: BackdoorRegisters,
  ): BackdoorOutcome | "not-ours" {
    const frame = this.#frame;
    const entry = this.#table[number];
    if (entry === undefined || (entry.isCpl0Only && frame.cpl !== 0)) {
      return this.#refuse(entry, direction, size, registers);
    }
    entry.command.handle(frame, this.#environment);
    if (this.#wideWrites) this.#storeWhole(entry.outputs);
    else frame.store(entry.outputs);
    if (size !== 4 || direction === "out") this.#storeEax(direction, size, registers);
    return "command";
  }

  /** A command that nobody answers, or not to this caller. */
  #refuse(
    entry: CommandEntry | undefined,
    direction: IoDirection,
    size: IoSize,
    registers: BackdoorRegisters,
  ): BackdoorOutcome | "not-ours" {
    const { unknownCommand } = this.personality;
    if (entry === undefined && unknownCommand === "not-ours") return "not-ours";
    if (entry !== undefined || unknownCommand === "ones") this.#frame.eax = ALL_ONES;
    this.#storeEax(direction, size, registers);
    return entry === undefined ? "unknown-command" : "refused-privilege";
  }

  /** A port beside 0x5658 that answers as it does. */
  #isInWindow(port: number): boolean {
    return this.personality.portMatch === "window" && port > BDOOR_PORT && port <= BDOOR_PORT + 3;
  }

  #runBalloon(direction: IoDirection, size: IoSize, registers: BackdoorRegisters): IoResult {
    if (!this.personality.balloon || direction !== "in" || size !== 4) return IoResult.Unhandled;
    const frame = this.#frame;
    if (frame.eax !== BALLOON_MAGIC) return IoResult.Unhandled;
    const told = this.#reporter.active;
    if (told) {
      this.#reporter.begin(
        direction,
        BALLOON_PORT,
        size,
        registers,
        frame.words,
        frame.ecx,
        balloonCommandNames[frame.ecx],
        undefined,
      );
    }
    runBalloon(frame);
    if (this.#wideWrites) this.#storeWhole(BALLOON_OUTPUTS);
    else frame.store(BALLOON_OUTPUTS);
    if (told) this.#reporter.end("balloon", this.#finalEax(direction, size, BALLOON_MAGIC), frame.words);
    return IoResult.Okay;
  }

  /** As hosts do that write whole registers. */
  #storeWhole(outputs: number): void {
    if (outputs !== NO_OUTPUTS) this.#frame.storeWhole();
  }

  /** What becomes of EAX, except what an IN leaves to the caller. */
  #storeEax(direction: IoDirection, size: IoSize, registers: BackdoorRegisters): void {
    if (direction === "out") {
      if (this.personality.outWritesEax) registers.writeRegister64(Register.Eax, BigInt(this.#frame.eax));
    } else if (size !== 4) this.#storeNarrow(registers);
  }

  /** What an IN of AL or AX does to the rest of RAX, where that is not left to the caller. */
  #storeNarrow(registers: BackdoorRegisters): void {
    const { narrowIn } = this.personality;
    if (narrowIn === "merge") return;
    const whole = narrowIn === "whole" ? this.#frame.eax : registers.readRegister32(Register.Eax) >>> 0;
    registers.writeRegister64(Register.Eax, BigInt(whole));
  }

  #notVmware(direction: IoDirection, port: number, size: IoSize, registers: BackdoorRegisters): IoResult {
    const frame = this.#frame;
    if (this.#reporter.active) {
      this.#reporter.notVmware(direction, port, size, registers, frame.words, frame.ecx & this.#commandMask);
    }
    if (this.personality.wrongMagic === "not-ours") return IoResult.Unhandled;
    if (this.personality.wrongMagic === "ones") frame.eax = ALL_ONES;
    this.#storeEax(direction, size, registers);
    return IoResult.Okay;
  }

  #accessString(access: IoStringAccess<BackdoorContext>): IoResult {
    if (access.port !== BDOORHB_PORT) return IoResult.Unhandled;
    const transfer = new StringTransfer(access.count, access.memory);
    const outcome = this.#transfer(access.direction, access.size, transfer, access.context);
    if (outcome === "not-ours") return IoResult.Unhandled;
    if (outcome === "fault") access.faultIndex = transfer.faultIndex;
    else access.done = access.count;
    return IoResult.Okay;
  }

  #transfer(
    direction: IoDirection,
    size: IoSize,
    transfer: StringTransfer,
    registers: BackdoorRegisters,
  ): "done" | "fault" | "not-ours" {
    if (!this.personality.highBandwidth || size !== 1) return "not-ours";
    const frame = this.#frame;
    frame.begin(registers);
    if (frame.eax !== BDOOR_MAGIC) return "not-ours";
    frame.ebp = registers.readRegister32(Register.Ebp);
    const number = frame.ebx & 0xffff;
    const told = this.#reporter.active;
    if (told) {
      const name = number === BDOORHB_CMD_MESSAGE ? "MESSAGE" : undefined;
      this.#reporter.begin(direction, BDOORHB_PORT, size, registers, frame.words, number, name, transfer.length);
    }
    let done = true;
    const tooLong = transfer.length > BDOORHB_MAX_BYTES;
    if (number !== BDOORHB_CMD_MESSAGE || this.#message === undefined || tooLong) frame.ebx = 0;
    else done = this.#message.highBandwidth(direction, frame, transfer);
    if (done) frame.store(TRANSFER_OUTPUTS);
    if (told) this.#reporter.end(done ? "transfer" : "page-fault", frame.eax, frame.words);
    return done ? "done" : "fault";
  }

  /** EAX as the guest will see it. */
  #finalEax(direction: IoDirection, size: IoSize, before: number): number {
    const { eax } = this.#frame;
    if (direction === "out") return this.personality.outWritesEax ? eax : before;
    return size === 4 || this.personality.narrowIn === "whole" ? eax : mergeNarrow(before, eax, size);
  }
}

/** AL or AX of `datum` over the rest of `eax`. */
const mergeNarrow = (eax: number, datum: number, size: 1 | 2): number =>
  (size === 1 ? (eax & 0xffff_ff00) | (datum & 0xff) : (eax & 0xffff_0000) | (datum & 0xffff)) >>> 0;
