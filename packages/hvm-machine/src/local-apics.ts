/**
 * Every processor's local APIC: its registers, where all processors see their own, and what it does to its processor.
 *
 * Sources: Intel SDM vol. 3 §9.4.4 (INIT and STARTUP), §12.8.6 (CR8 is the task priority), §12.4.4 (IA32_APIC_BASE), §12.12 (x2APIC).
 */
import { type InterruptBus, type LocalApic, type LocalApicOptions, localApic, readWide, writeWide } from "pc-devices";
import type { Vcpu } from "x86-vcpu";
import { APIC_BUS_HZ } from "./board-constants.ts";
import type { Board } from "./devices.ts";

const IA32_APIC_BASE = 0x1b;
const IA32_TSC_DEADLINE = 0x6e0;
const X2APIC_MSRS = { first: 0x800, count: 0x100 };

/**
 * Time of an INIT, in instructions: ten microseconds, of which a processor takes more. It resets a whole processor, and a guest could ask for
 * seven with one instruction.
 */
const INIT_TICKS = 10_000;

export interface LocalApicWiring {
  readonly board: Board;
  readonly messages: InterruptBus;
  /** Makes the device, on the board's clock. */
  create(name: string, options: LocalApicOptions): LocalApic;
  /** The 8259 pair's acknowledge cycle. */
  acknowledgeExternal(): number;
}

/** One for each processor. Those beside the first wait for a start-up interrupt from now on. */
export function connectLocalApics(wiring: LocalApicWiring): readonly LocalApic[] {
  const apics = wiring.board.vcpus.map((vcpu) => connect(vcpu, wiring));
  connectRegisters(apics, wiring.board);
  return apics;
}

function connect(vcpu: Vcpu, { board, messages, create, acknowledgeExternal }: LocalApicWiring): LocalApic {
  const { domain, config, clock } = board;
  const { id } = vcpu;
  const apic = create(`apic${id}`, {
    id,
    bus: messages,
    timerHz: APIC_BUS_HZ,
    acknowledgeExternal,
    // Firmware sets it up by itself.
    virtualWire: config.firmware === undefined,
    nsOfTsc: (tsc) => {
      const ahead = BigInt.asIntN(64, tsc - (vcpu.readMsr(0x10) ?? 0n));
      const khz = BigInt(config.tscKhz);
      const now = domain.nsAt(id, vcpu.retired);
      return ahead <= 0n ? clock.nowNs() : now + (ahead * 1_000_000n + khz - 1n) / khz;
    },
    processor: {
      nmi: () => domain.injectNmi(id),
      init: () => {
        if (id === 0) domain.shutdown("reboot", "INIT of the first processor");
        else {
          domain.spend(INIT_TICKS);
          vcpu.init();
          domain.setOnline(id, false);
        }
      },
      startup: (vector) => {
        if (vcpu.startup(vector)) domain.setOnline(id, true);
      },
    },
  });
  vcpu.taskPriority = {
    read: () => apic.cr8,
    write: (priority) => {
      apic.cr8 = priority;
      // What has waited for a lower priority comes now.
      if (apic.interruptPending) vcpu.requestInterruptWindow();
    },
  };
  if (id > 0) vcpu.init();
  vcpu.msrExits.add(IA32_APIC_BASE);
  return apic;
}

/** Every processor sees its own APIC at the same address and the same MSRs. */
function connectRegisters(apics: readonly LocalApic[], { domain }: Board): void {
  const [range] = localApic.ranges;
  const own = (vcpu: { readonly id: number }): LocalApic => apics[vcpu.id]!;
  domain.registerMmio(range!.base, range!.size, {
    name: localApic.name,
    read: (offset, size, vcpu) =>
      own(vcpu).answersMemory ? readWide(own(vcpu), offset, size, 0, range!.size) : new Uint8Array(size).fill(0xff),
    write: (offset, bytes, vcpu) => {
      if (own(vcpu).answersMemory) writeWide(own(vcpu), offset, bytes, 0, range!.size);
    },
  });
  domain.registerMsr(IA32_APIC_BASE, {
    name: "IA32_APIC_BASE",
    read: (vcpu) => own(vcpu).apicBase,
    write: (vcpu, value) => own(vcpu).writeApicBase(value),
  });
  const indices = Array.from({ length: X2APIC_MSRS.count }, (_, offset) => X2APIC_MSRS.first + offset);
  for (const index of [IA32_TSC_DEADLINE, ...indices])
    domain.registerMsr(index, {
      name: index === IA32_TSC_DEADLINE ? "IA32_TSC_DEADLINE" : "IA32_X2APIC",
      read: (vcpu) => own(vcpu).readMsr(index),
      write: (vcpu, value) => own(vcpu).writeMsr(index, value),
    });
}
