/** Message channels (command 30), low bandwidth. Every case closes what it opens, so that cases can follow one another. */
import { between, call, define, emulator, guest, header, masked, recommended, step } from "../author.ts";
import type { ConformanceCase, HostName, Step } from "../case.ts";
import {
  ask,
  bytesOf,
  type Channel,
  COOKIE,
  channel,
  close,
  FAILED,
  first,
  MessageType,
  message,
  open,
  openRefused,
  RPCI,
  recv,
  recvNothing,
  recvPayload,
  recvSize,
  recvStatus,
  send,
  sendPayload,
  sendSize,
  succeeded,
  TCLO,
} from "../message-steps.ts";

const OVT = "open-vm-tools lib/message/message.c, lib/include/guest_msg_def.h";
const IPXE = "iPXE src/arch/x86/interface/vmware/guestrpc.c";
const SERVED: readonly HostName[] = ["vmware"];
const XEN_RPC = "D. Slutz, QEMU hw/misc/vmport_rpc.c, the successor of his Xen code of 2014";
const UNKNOWN = "0 Unknown command";
const NOT_FOUND = "0 No value found";

/** A channel of its own for the steps between. */
const inChannel = (on: Channel, ...steps: readonly Step[]): readonly Step[] => [open({ on }), ...steps, close({ on })];

const plain = channel(0, false);
const failing = { expect: { ecx: FAILED, ebx: "any", edx: "any", eax: "any" } } as const;
const word = (text: string): number => new DataView(bytesOf(text.padEnd(4, "\0")).buffer).getUint32(0, true);

/** Key and value of one case, so that no case sees another's. */
const set = (key: string, value: string): readonly Step[] => ask(`info-set guestinfo.hvmc.${key} ${value}`, "1 ");
const get = (key: string, value: string): readonly Step[] => ask(`info-get guestinfo.hvmc.${key}`, `1 ${value}`);

export const messageCases: readonly ConformanceCase[] = [
  ...define({
    id: "message.open-close",
    title: "OPEN with a cookie: EAX 0, ECX exactly 0x00010000, EDX's lower half 0; CLOSE",
    steps: inChannel(first),
    passes: SERVED,
    source: guest(`${OVT}; kato's tool compares EAX and ECX`),
  }),
  ...define({
    id: "message.open-plain",
    title: "OPEN without a cookie, and a question on that channel with nothing in ESI and EDI",
    steps: inChannel(plain, ...ask("info-get guestinfo.hvmc.none", NOT_FOUND, { on: plain })),
    passes: SERVED,
    source: guest(IPXE),
  }),
  ...define({
    id: "message.open-unknown-protocol",
    title: "OPEN of a protocol that is none: ECX all zero",
    steps: [openRefused(0x1234_5678), openRefused(0x1234_5678 | COOKIE)],
    passes: SERVED,
    source: guest("afterburn's vmw_backdoor judges by ECX == 0"),
  }),
  ...define({
    id: "message.type-unknown",
    title: "a message type that is none (7) fails: ECX all zero",
    steps: inChannel(first, message(7, failing)),
    passes: SERVED,
    source: header(OVT),
  }),
  ...define({
    id: "message.high-bandwidth-offer",
    title: "SENDSIZE offers high bandwidth: ECX exactly 0x00810000",
    steps: inChannel(
      first,
      sendSize(4, { expect: { ecx: 0x0081_0000 } }),
      ...sendPayload(bytesOf("ping")),
      ...recv(UNKNOWN),
    ),
    source: guest(`${OVT}; ${IPXE} compares for equality`),
  }),
  ...define({
    id: "message.missing-key",
    title: `info-get of a key that is not there: "${NOT_FOUND}"`,
    steps: inChannel(first, ...ask("info-get guestinfo.hvmc.missing", NOT_FOUND)),
    passes: SERVED,
    source: guest("cloud-init DataSourceVMware.py; vmw-guestinfo's tests"),
  }),
  ...define({
    id: "message.unknown-verb",
    title: `a verb that is none: "${UNKNOWN}"`,
    steps: inChannel(first, ...ask("hvmc-no-such-verb", UNKNOWN)),
    passes: SERVED,
    source: header("open-vm-tools lib/include/vmware/guestrpc/tclodefs.h"),
  }),
  ...([0, 1, 2, 3] as const).flatMap((tail) =>
    define({
      id: `message.tail-${tail}`,
      title: `a request of 4n + ${tail} bytes, and the value back`,
      steps: inChannel(
        first,
        // "info-set guestinfo.hvmc.t 1234567" and so on: 26 characters before the value.
        ...set("t", "1234567890".slice(0, ((tail + 2) % 4) + 4)),
        ...get("t", "1234567890".slice(0, ((tail + 2) % 4) + 4)),
      ),
      passes: SERVED,
      source: guest("vmware/vmw-guestinfo message tests"),
    }),
  ),
  ...define({
    id: "message.out-only",
    title: "every step by OUT: EAX stays, all else is as with IN",
    steps: [
      open({ direction: "out" }),
      ...ask("info-get guestinfo.hvmc.missing", NOT_FOUND, { direction: "out" }),
      close({ direction: "out" }),
    ],
    passes: SERVED,
    source: guest("afterburn's vmw_backdoor uses OUT for every message"),
  }),
  ...define({
    id: "message.recv-nothing",
    title: "RECVSIZE with nothing waiting: success without DORECV, EBX 0",
    steps: inChannel(first, recvNothing()),
    passes: SERVED,
    source: guest("afterburn's vmw_backdoor takes EBX as the length without looking at DORECV"),
  }),
  ...define({
    id: "message.recv-twice",
    title: "RECVSIZE again starts the reply over",
    steps: inChannel(
      first,
      ...send("info-get guestinfo.hvmc.missing"),
      recvSize(NOT_FOUND.length),
      ...recvPayload(bytesOf(NOT_FOUND).subarray(0, 4)),
      ...recv(NOT_FOUND),
    ),
    passes: SERVED,
    source: recommended(`${OVT}: the guest starts from the size after a checkpoint`),
  }),
  ...define({
    id: "message.recv-status-drops",
    title: "RECVSTATUS takes the reply off the channel",
    steps: inChannel(first, ...ask("hvmc-no-such-verb", UNKNOWN), recvNothing()),
    passes: SERVED,
    source: header(OVT),
  }),
  ...define({
    id: "message.recv-abort",
    title: "RECVPAYLOAD with EBX 0 gives the reply up; the channel goes on",
    steps: inChannel(
      first,
      ...send("info-get guestinfo.hvmc.missing"),
      recvSize(NOT_FOUND.length),
      message(MessageType.RecvPayload, { ebx: 0 }),
      ...ask("hvmc-no-such-verb", UNKNOWN),
    ),
    passes: SERVED,
    source: guest("open-vm-tools and vmw-guestinfo after a failed transfer"),
  }),
  ...define({
    id: "message.status-failed",
    title: "RECVSTATUS with EBX 0 gives the reply up; the channel goes on",
    steps: inChannel(
      first,
      ...send("hvmc-no-such-verb"),
      recvSize(UNKNOWN.length),
      message(MessageType.RecvStatus, { ebx: 0 }),
      ...ask("info-get guestinfo.hvmc.missing", NOT_FOUND),
    ),
    passes: SERVED,
    source: guest(OVT),
  }),
  ...define({
    id: "message.send-drops-reply",
    title: "a new SENDSIZE drops a reply that nobody acknowledged",
    steps: inChannel(first, ...send("hvmc-no-such-verb"), ...ask("info-get guestinfo.hvmc.missing", NOT_FOUND)),
    passes: SERVED,
    source: guest("afterburn's vmw_backdoor and FreeBSD skip RECVSTATUS"),
  }),
  ...define({
    id: "message.send-restart",
    title: "SENDSIZE in the middle of a message starts it over",
    steps: inChannel(
      first,
      sendSize(24),
      ...sendPayload(bytesOf("info-get")),
      ...ask("info-get guestinfo.hvmc.missing", NOT_FOUND),
    ),
    passes: SERVED,
    source: guest(`${OVT}: what a guest does after a checkpoint`),
  }),
  ...define({
    id: "message.close-mid-send",
    title: "CLOSE is legal in the middle of a message; the next OPEN starts afresh",
    steps: [
      open(),
      sendSize(64),
      ...sendPayload(bytesOf("info")),
      close(),
      ...inChannel(first, recvNothing(), ...ask("hvmc-no-such-verb", UNKNOWN)),
    ],
    passes: SERVED,
    source: guest("Linux drivers/gpu/drm/vmwgfx/vmwgfx_msg.c sends and closes"),
  }),
  ...define({
    id: "message.trailing-nul",
    title: "a NUL inside the length belongs to no key",
    steps: inChannel(first, ...ask("info-get guestinfo.hvmc.missing\0", NOT_FOUND)),
    passes: SERVED,
    source: guest("vmtoolsd's plugins and vmw_backdoor send strlen + 1"),
  }),
  ...define({
    id: "message.overwrite",
    title: "info-set replaces; the same key asked for twice has the same length",
    steps: inChannel(first, ...set("o", "first"), ...set("o", "second"), ...get("o", "second"), ...get("o", "second")),
    passes: SERVED,
    source: guest(`${IPXE} asks for the length first, then for the value`),
  }),
  ...define({
    id: "message.value-with-blanks",
    title: "a value may hold blanks",
    steps: inChannel(first, ...set("b", "one two  three"), ...get("b", "one two  three")),
    passes: SERVED,
    source: guest("cloud-init writes JSON"),
  }),
  ...define({
    id: "message.cookie-wrong",
    title: "a wrong cookie fails with ECX all zero, and harms the channel in no way",
    steps: inChannel(
      first,
      sendSize(4, { cookie: { esi: 0x1234_5678, edi: 0x9abc_def0 }, ...failing }),
      ...ask("hvmc-no-such-verb", UNKNOWN),
    ),
    passes: SERVED,
    source: guest("afterburn's vmw_backdoor judges by ECX == 0"),
  }),
  ...define({
    id: "message.cookie-swapped",
    title: "the cookie's halves are not exchangeable",
    steps: [
      open(),
      call((MessageType.SendSize << 16) | 30, {
        set: {
          ebx: 4,
          edx: { value: 0x5658, variable: first.id },
          esi: { value: 0x0100_0000, variable: first.cookieLow },
          edi: { value: 0, variable: first.cookieHigh },
        },
        expect: { eax: "any", ebx: "any", ecx: FAILED, edx: "any" },
      }),
      close(),
    ],
    passes: SERVED,
    source: header(OVT),
  }),
  ...define({
    id: "message.closed-channel",
    title: "a channel that was closed fails with ECX all zero",
    steps: [open(), close(), sendSize(4, failing), message(MessageType.RecvSize, failing), close(failing)],
    passes: SERVED,
    source: guest("afterburn's vmw_backdoor judges by ECX == 0"),
  }),
  ...define({
    id: "message.no-such-channel",
    title: "channel 0x7fff is none: ECX all zero",
    steps: [
      call((MessageType.SendSize << 16) | 30, {
        set: { ebx: 4, edx: 0x7fff_5658 },
        expect: { eax: "any", ebx: "any", ecx: FAILED, edx: "any" },
      }),
    ],
    passes: SERVED,
    source: header(OVT),
  }),
  ...define({
    id: "message.two-channels",
    title: "two channels at once keep their messages apart",
    steps: [
      open(),
      open({ on: channel(1) }),
      ...send("hvmc-no-such-verb"),
      ...ask("info-get guestinfo.hvmc.missing", NOT_FOUND, { on: channel(1) }),
      ...recv(UNKNOWN),
      close({ on: channel(1) }),
      close(),
    ],
    passes: SERVED,
    source: header(OVT),
  }),
  ...define({
    id: "message.others-cookie",
    title: "one channel's cookie does not open another",
    steps: [
      open(),
      open({ on: channel(1) }),
      sendSize(4, {
        cookie: {
          esi: { value: 0, variable: channel(1).cookieHigh },
          edi: { value: 0, variable: channel(1).cookieLow },
        },
        ...failing,
      }),
      close({ on: channel(1) }),
      close(),
    ],
    passes: SERVED,
    source: header(OVT),
  }),
  ...define({
    id: "message.largest",
    title: "a message of 64 KiB is announced, one byte more is refused",
    steps: inChannel(first, sendSize(0x1_0000), sendSize(0x1_0001, failing), sendSize(0xffff_ffff, failing)),
    passes: SERVED,
    source: header(`${OVT}: GUESTMSG_MAX_IN_SIZE`),
  }),
  ...define({
    id: "message.empty",
    title: "a message of no bytes is one; the channel goes on",
    steps: inChannel(first, sendSize(0), ...ask("hvmc-no-such-verb", UNKNOWN)),
    passes: SERVED,
    source: guest("vmtoolsd polls with empty messages"),
  }),
  ...define({
    id: "message.payload-unasked",
    title: "SENDPAYLOAD without SENDSIZE, RECVPAYLOAD without RECVSIZE fail",
    steps: inChannel(
      first,
      message(MessageType.SendPayload, { ebx: word("abcd"), ...failing }),
      message(MessageType.RecvPayload, { ebx: 1, ...failing }),
      ...ask("hvmc-no-such-verb", UNKNOWN),
    ),
    passes: SERVED,
    source: recommended(OVT),
  }),
  ...define({
    id: "message.channels-128",
    title: "128 channels can be open at once, one more is refused",
    steps: [
      ...Array.from({ length: 128 }, (_, i) => openPlain(i)),
      openRefused(RPCI),
      ...Array.from({ length: 128 }, (_, i) => closePlain(i)),
      ...inChannel(first),
    ],
    passes: SERVED,
    rings: [0],
    source: header(`${OVT}: GUESTMSG_MAX_CHANNEL`),
  }),
  ...define({
    id: "tclo.reset",
    title: 'TCLO: the first message is "reset"; its answer is taken; then nothing waits or a command does',
    steps: [
      open({ protocol: TCLO }),
      sendSize(0),
      ...recv("reset"),
      ...send("OK ATR hvmc"),
      message(MessageType.RecvSize, {
        expect: { ecx: [{ mask: 0xff7d_ffff, base: { value: 0x0001_0000 }, span: 0, not: false }] },
      }),
      close(),
    ],
    passes: SERVED,
    source: guest("open-vm-tools lib/rpcIn/rpcin.c; OpenBSD sys/dev/pv/vmt.c"),
  }),
  ...define({
    id: "message.narrow-out",
    title: "OPEN by OUT DX,AL works as well as by OUT DX,EAX",
    steps: [
      step("out", {
        size: 1,
        set: { ecx: 30, ebx: RPCI, edx: 0x5658 },
        expect: {
          ebx: "any",
          ecx: 0x0001_0000,
          edx: [{ mask: 0xffff, base: { value: 0 }, span: 0, not: false }],
          esi: "any",
          edi: "any",
        },
        capture: { edx: { mask: 0xffff_0000, variable: 0 } },
      }),
      close({ on: plain }),
    ],
    passes: SERVED,
    source: emulator("D. Slutz, Xen VMware tools support: any width, either direction"),
  }),
  ...define({
    id: "message.afterburn",
    title: "the low-bandwidth steps of afterburn's crate: no RECVSTATUS, the channel used again",
    steps: [
      open({ direction: "out" }),
      ...send("info-get guestinfo.hvmc.missing\0", { direction: "out" }),
      recvSize(NOT_FOUND.length, { direction: "out" }),
      ...recvPayload(bytesOf(NOT_FOUND), { direction: "out" }),
      ...send("hvmc-no-such-verb\0", { direction: "out" }),
      recvSize(UNKNOWN.length, { direction: "out" }),
      ...recvPayload(bytesOf(UNKNOWN), { direction: "out" }),
      close({ direction: "out" }),
    ],
    passes: SERVED,
    source: guest("lucab/vmw_backdoor-rs src/erpc.rs"),
  }),
  ...define({
    id: "message.bsd-open-frame",
    title: "the BSD drivers' set-up: ECX's upper half exactly 1, then the version report",
    steps: inChannel(first, ...ask("tools.set.version 2147483647 ", "1 "), recvStatusless()),
    passes: SERVED,
    source: guest("OpenBSD sys/dev/pv/vmt.c"),
  }),
  ...define({
    id: "quirk.message-ignored",
    kind: "quirk",
    title: "MESSAGE does nothing: EAX all ones, ECX keeps the request",
    steps: [call(30, { set: { ebx: RPCI, edx: 0x5658 }, expect: { eax: 0xffff_ffff } })],
    passes: ["xen-v14", "qemu", "kvm", "v86", "virtualbox", "bare-metal"],
    passesRing3: ["kvm"],
    source: emulator("QEMU hw/i386/vmport.c; v86 src/vmware.js"),
  }),
  ...define({
    id: "quirk.message-refused",
    kind: "quirk",
    title: "MESSAGE in ring 3 is skipped, its success bit cleared",
    steps: [call(0x0001_001e, { expect: { ecx: 0x1e } })],
    // The Xen series does the same with a channel's number beyond the last.
    passesRing3: ["virtualbox", "xen-v6"],
    rings: [3],
    source: emulator(`VirtualBox src/VBox/VMM/VMMAll/GCMAll.cpp; ${XEN_RPC}`),
  }),
  ...define({
    id: "quirk.xen-open",
    kind: "quirk",
    title:
      "OPEN sets the upper halves of ECX and EDX only; the cookie is a number, 16 bits of it in each of ESI and EDI",
    steps: [
      call(30, {
        set: { ebx: (RPCI | COOKIE) >>> 0, edx: 0x5658 },
        expect: {
          eax: "any",
          ebx: "any",
          ecx: 0x0001_001e,
          edx: masked(0xffff, 0x5658),
          esi: between(0, 0xffff),
          edi: between(0, 0xffff),
        },
        capture: {
          edx: { mask: 0xffff_0000, variable: first.id },
          esi: { mask: 0xffff, variable: first.cookieHigh },
          edi: { mask: 0xffff, variable: first.cookieLow },
        },
      }),
      close({ expect: { ecx: 0x0001_001e } }),
    ],
    passes: ["xen-v6"],
    source: emulator(XEN_RPC),
  }),
  ...define({
    id: "quirk.xen-closed-channel",
    kind: "quirk",
    title: "a step on a channel that is not open leaves ECX, whose type 1 then looks like success",
    steps: [
      call((MessageType.SendSize << 16) | 30, {
        set: { ebx: 4, edx: 0x0007_5658 },
        expect: { eax: "any", ebx: "any", ecx: 0x0001_001e, edx: "any" },
      }),
    ],
    passes: ["xen-v6", "xen-v14", "qemu", "qemu-old", "kvm", "v86", "virtualbox", "bare-metal"],
    passesRing3: ["xen-v6", "kvm"],
    source: emulator(XEN_RPC),
  }),
];

/** OPEN without cookie, its id in a variable of its own. */
function openPlain(index: number): Step {
  return step("in", {
    set: { ecx: 30, ebx: RPCI, edx: 0x5658 },
    expect: { eax: "any", ebx: "any", ecx: succeeded, edx: "any", esi: "any", edi: "any" },
    capture: { edx: { mask: 0xffff_0000, variable: index } },
  });
}

function closePlain(index: number): Step {
  return call((MessageType.Close << 16) | 30, {
    cleanup: true,
    set: { edx: { value: 0x5658, variable: index } },
    expect: { eax: "any", ebx: "any", ecx: succeeded, edx: "any" },
  });
}

/** RECVSTATUS when no message is being received is harmless: either answer will do, the channel stays. */
function recvStatusless(): Step {
  return recvStatus({ expect: { ecx: "any" } });
}
