/** Commands other than MESSAGE, as far as a guest can check them without knowing the machine. */
import {
  between,
  both,
  call,
  define,
  emulator,
  guest,
  header,
  MAGIC,
  masked,
  noneOf,
  ONES,
  PORT,
  step,
} from "../author.ts";
import type { ConformanceCase } from "../case.ts";

const BACKDOOR = "open-vm-tools lib/include/backdoor_def.h";
const KATO = 'K. Kato, "VMware Backdoor I/O Port"';
/** 2000-01-01 UTC. */
const Y2K = 0x386d_4380;
const POINTER_VERSION = 0x3442_554a;
const BALLOON_MAGIC = 0x456c_6d6f;
const BALLOON_PORT = 0x5670;

const microseconds = between(0, 999_999);
const maxLag = between(0, 60_000_000);
const offsetMinutes = between(-14 * 60, 14 * 60);

const balloon = (command: number, ebx: number, expect: Parameters<typeof step>[1]["expect"] = {}) =>
  step("in", { port: BALLOON_PORT, set: { eax: BALLOON_MAGIC, ecx: command, ebx }, expect });

export const commandCases: readonly ConformanceCase[] = [
  ...define({
    id: "command.getmhz",
    title: "1 GETMHZ: EAX is a frequency, neither the magic nor -1",
    steps: [call(1, { expect: { eax: between(1, 100_000), ebx: "any" } })],
    passes: ["vmware", "xen-v6", "xen-v14"],
    source: guest("OpenBSD sys/dev/pv/vmt.c"),
  }),
  ...define({
    id: "command.gethwversion",
    title: "17 GETHWVERSION: EAX a version, EBX the magic",
    steps: [call(17, { expect: { eax: between(1, 100), ebx: MAGIC } })],
    passes: ["vmware"],
    source: guest("open-vm-tools lib/vmCheck/vmcheck.c (VmCheck_GetHWVersion)"),
  }),
  ...define({
    id: "command.getuuid",
    title: "19 GETUUID: four registers of bytes, twice the same",
    steps: [1, 2].map(() => call(19, { expect: { eax: noneOf(ONES, MAGIC), ebx: "any", ecx: "any", edx: "any" } })),
    passes: ["vmware", "qemu", "kvm"],
    source: guest(KATO),
  }),
  ...define({
    id: "command.getmemsize",
    title: "20 GETMEMSIZE: EAX in megabytes",
    steps: [call(20, { expect: { eax: between(1, 0x10_0000), ebx: "any" } })],
    passes: ["vmware"],
    source: guest(KATO),
  }),
  ...define({
    id: "quirk.memsize-in-bytes",
    kind: "quirk",
    title: "20 GETMEMSIZE: EAX in bytes, EBX 0x1177",
    steps: [call(20, { expect: { eax: both(between(0x10_0001, ONES - 1), noneOf(MAGIC)), ebx: 0x1177 } })],
    passes: ["qemu", "qemu-old", "kvm"],
    source: emulator("QEMU hw/i386/vmport.c"),
  }),
  ...define({
    id: "command.gettime",
    title: "23 GETTIME: seconds, microseconds, greatest lag, minutes from UTC",
    steps: [
      call(23, {
        expect: {
          eax: both(between(Y2K, ONES - 1), noneOf(MAGIC)),
          ebx: microseconds,
          ecx: maxLag,
          edx: offsetMinutes,
        },
      }),
    ],
    passes: ["vmware", "xen-v14", "v86"],
    source: guest("open-vm-tools services/plugins/timeSync"),
  }),
  ...define({
    id: "command.gettimefull",
    title: "46 GETTIMEFULL: EAX keeps the magic; EDX and ESI the seconds",
    steps: [
      call(46, { expect: { eax: MAGIC, ebx: microseconds, ecx: maxLag, edx: between(Y2K, ONES), esi: between(0, 1) } }),
    ],
    passes: ["vmware", "xen-v6", "xen-v14"],
    source: guest("open-vm-tools services/plugins/timeSync"),
  }),
  ...define({
    id: "command.gettimefull-with-lag",
    title: "55 GETTIMEFULL_WITH_LAG: as 46, and EDI the interrupts' lag in microseconds",
    steps: [
      call(55, {
        expect: {
          eax: MAGIC,
          ebx: microseconds,
          ecx: maxLag,
          edx: between(Y2K, ONES),
          esi: between(0, 1),
          edi: between(0, 3_600_000_000),
        },
      }),
    ],
    source: guest("open-vm-tools services/plugins/timeSync"),
  }),
  ...define({
    id: "command.gethz",
    title: "45 GETHZ: EBX:EAX the TSC's Hz, EBX not left at -1; ECX the APIC bus",
    steps: [
      call(45, {
        set: { ebx: ONES },
        expect: { eax: noneOf(MAGIC), ebx: between(0, 0xff), ecx: between(1_000_000, 4_000_000_000) },
      }),
    ],
    passes: ["vmware", "xen-v6", "xen-v14", "qemu", "kvm"],
    rings: [0],
    source: guest("Linux arch/x86/kernel/cpu/vmware.c"),
  }),
  ...define({
    id: "command.gethz",
    title: "45 GETHZ belongs to ring 0: ring 3 gets all ones and EBX as it was",
    steps: [call(45, { set: { ebx: ONES }, expect: { eax: ONES } })],
    passesRing3: ["vmware"],
    rings: [3],
    source: emulator("Xen series v7, T. Deegan's review; compared with VMware"),
  }),
  ...define({
    id: "command.getvcpuinfo",
    title: "68 GET_VCPU_INFO: flags 0 to 4 only; bit 31 (not implemented) is clear",
    steps: [call(68, { expect: { eax: between(0, 0x1f) } })],
    passes: ["vmware", "qemu", "kvm"],
    source: guest("Linux arch/x86/kernel/cpu/vmware.c"),
  }),
  ...define({
    id: "command.guioptions",
    title: "13, 14: options set are options got",
    steps: [
      call(14, { set: { ebx: 0x3 }, expect: { eax: "any", ebx: "any" } }),
      call(13, { expect: { eax: masked(0x3, 0x3) } }),
      call(14, { set: { ebx: 0x1 }, expect: { eax: "any", ebx: "any" } }),
      call(13, { expect: { eax: masked(0x3, 0x1) } }),
    ],
    source: header(BACKDOOR),
  }),
  ...define({
    id: "command.getptrlocation",
    title: "4 GETPTRLOCATION: two coordinates, or -100, -100",
    steps: [call(4, { expect: { eax: noneOf(ONES, MAGIC) } })],
    source: guest("open-vm-tools services/plugins/dndcp/pointer.cpp"),
  }),
  ...define({
    id: "command.devices",
    title: "11 GETDEVICELISTELEMENT: the last identifiers (49) are free: EAX 0, EBX as it was",
    steps: [call(11, { set: { ebx: 49 << 16 }, expect: { eax: 0 } })],
    source: guest("open-vm-tools lib/removable devices: identifiers 0 to 49 are asked for"),
  }),
  ...define({
    id: "command.isacpidisabled",
    title: "34 ISACPIDISABLED: a boolean",
    steps: [call(34, { expect: { eax: between(0, 1) } })],
    source: header(BACKDOOR),
  }),
  ...define({
    id: "command.ismouseabsolute",
    title: "36 ISMOUSEABSOLUTE: 0 or 1",
    steps: [call(36, { expect: { eax: between(0, 1) } })],
    source: guest("open-vm-tools services/plugins/dndcp/pointer.cpp"),
  }),
  ...define({
    id: "command.stopcatchup",
    title: "24 STOPCATCHUP is known",
    steps: [call(24, { expect: { eax: noneOf(ONES, MAGIC), ebx: "any" } })],
    source: guest("open-vm-tools services/plugins/timeSync"),
  }),
  ...define({
    id: "command.buildnumber",
    title: "100 GETBUILDNUM: a number",
    steps: [call(100, { expect: { eax: noneOf(ONES, MAGIC) } })],
    source: header(BACKDOOR),
  }),
  ...define({
    id: "command.nesting",
    title: "63 NESTING_CONTROL, query: 2 or more, not all ones",
    steps: [call(0x0002_003f, { expect: { eax: both(between(2, ONES - 1), noneOf(MAGIC)) } })],
    source: guest("open-vm-tools lib/backdoor"),
  }),
  ...define({
    id: "command.stealclock",
    title: "91 STEALCLOCK, probe: -1, 0 or 1",
    steps: [call(91, { set: { ebx: 0, edx: PORT, esi: 0, edi: 1 }, expect: { eax: between(-1, 1) } })],
    passes: ["vmware", "xen-v14", "qemu", "kvm", "virtualbox", "v86", "bare-metal"],
    rings: [0],
    source: guest("Linux arch/x86/kernel/cpu/vmware.c"),
  }),
  ...define({
    id: "command.privileged-ring3",
    title: "commands of ring 0 (2, 28, 48, 64, 85, 91) tell ring 3 nothing: all ones",
    steps: [2, 28, 48, 64, 85, 91].map((command) => call(command, { expect: { eax: ONES } })),
    passesRing3: ["vmware", "kvm"],
    rings: [3],
    source: header(`${BACKDOOR} ("CPL 0 only")`),
  }),
  ...define({
    id: "pointer.version-word",
    title: "absolute pointer: READ_ID leaves the version word first; after DISABLE the status is 0xffff0000",
    steps: [
      call(41, { set: { ebx: 0x4541_4552 }, expect: { eax: "any", ebx: "any" } }),
      call(40, { expect: { eax: masked(0xffff_ffff, 1) } }),
      call(39, {
        set: { ebx: 1 },
        expect: { eax: POINTER_VERSION, ebx: "any", ecx: "any", edx: "any", esi: "any", edi: "any" },
      }),
      call(40, { expect: { eax: 0 } }),
      call(41, { set: { ebx: 0x5342_4152 }, expect: { eax: "any", ebx: "any" } }),
      call(41, { set: { ebx: 0xf5 }, expect: { eax: "any", ebx: "any" } }),
      call(40, { expect: { eax: 0xffff_0000 } }),
    ],
    passes: ["vmware", "qemu", "qemu-old", "kvm", "v86"],
    source: guest("Linux drivers/input/mouse/vmmouse.c"),
  }),
  ...define({
    id: "pointer.enable-twice",
    title: "absolute pointer: enabling twice still gives the version word once and first",
    steps: [
      call(41, { set: { ebx: 0x4541_4552 }, expect: { eax: "any", ebx: "any" } }),
      call(41, { set: { ebx: 0x4541_4552 }, expect: { eax: "any", ebx: "any" } }),
      call(40, { expect: { eax: 1 } }),
      call(39, {
        set: { ebx: 1 },
        expect: { eax: POINTER_VERSION, ebx: "any", ecx: "any", edx: "any", esi: "any", edi: "any" },
      }),
      call(41, { set: { ebx: 0xf5 }, expect: { eax: "any", ebx: "any" } }),
    ],
    passes: ["vmware", "v86"],
    source: { kind: "recommended", ref: "Linux vmmouse.c gives up if the first word is another; QEMU never clears" },
  }),
  ...define({
    id: "pointer.restrict",
    title: "86 ABSPOINTER_RESTRICT to ring 0, and back to any",
    steps: [
      call(86, { set: { ebx: 1 }, expect: { eax: noneOf(ONES, MAGIC), ebx: "any" } }),
      call(86, { set: { ebx: 0 }, expect: { eax: noneOf(ONES, MAGIC), ebx: "any" } }),
    ],
    rings: [0],
    source: guest("Linux drivers/input/mouse/vmmouse.c"),
  }),
  ...define({
    id: "balloon.start",
    title: "balloon START: success with capabilities, the basic one among them; the target is 0 or more pages",
    steps: [
      balloon(0, 0x2, { eax: 0x0300_0000, ebx: "any", ecx: masked(0x2, 0x2) }),
      balloon(1, 0x1_0000, { eax: between(0, 0x0300_0000), ebx: "any" }),
    ],
    rings: [0],
    source: guest("Linux drivers/misc/vmw_balloon.c"),
  }),
  ...define({
    id: "balloon.bad-command",
    title: "balloon: a command that is none answers 1",
    steps: [balloon(5, 0, { eax: 1, ebx: "any" })],
    rings: [0],
    source: header("open-vm-tools modules/shared/vmmemctl/balloon_def.h"),
  }),
  ...define({
    id: "balloon.wrong-magic",
    title: "balloon port with the backdoor's magic: nobody there",
    steps: [step("in", { port: BALLOON_PORT, expect: { eax: ONES } })],
    passes: ["vmware", "xen-v6", "xen-v14", "qemu", "qemu-old", "kvm", "virtualbox", "v86", "bare-metal"],
    rings: [0],
    source: header("open-vm-tools modules/shared/vmmemctl/balloon_def.h"),
  }),
  ...define({
    id: "quirk.getmhz-echoes-magic",
    kind: "quirk",
    title: "1 GETMHZ: EBX the magic",
    steps: [call(1, { expect: { eax: between(1, 100_000), ebx: MAGIC } })],
    passes: ["xen-v6"],
    source: emulator("Xen series v6 04/16"),
  }),
  ...define({
    id: "quirk.gethwversion-no-magic",
    kind: "quirk",
    title: "17 GETHWVERSION: EBX as it was",
    steps: [call(17, { expect: { eax: between(1, 100) } })],
    passes: ["xen-v6", "xen-v14"],
    source: emulator("Xen series v6 to v14"),
  }),
  ...define({
    id: "quirk.gettime-no-lag",
    kind: "quirk",
    title: "23 GETTIME: greatest lag 0, EDX as it was",
    steps: [call(23, { expect: { eax: both(between(Y2K, ONES - 1), noneOf(MAGIC)), ebx: microseconds, ecx: 0 } })],
    passes: ["xen-v6"],
    source: emulator("Xen series v6 04/16"),
  }),
  ...define({
    id: "quirk.guioptions-e03",
    kind: "quirk",
    title: "13 GETGUIOPTIONS: always 0xe03",
    steps: [call(14, { set: { ebx: 0 }, expect: { eax: 0 } }), call(13, { expect: { eax: 0xe03 } })],
    passes: ["xen-v6"],
    source: emulator("Xen series v6 04/16"),
  }),
];
