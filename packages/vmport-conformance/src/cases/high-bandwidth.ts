/** Message channels over port 0x5659: REP OUTSB and REP INSB. */
import { define, guest, HIGH_PORT, header, recommended, step } from "../author.ts";
import type { ConformanceCase, Step } from "../case.ts";
import {
  bytesOf,
  channel,
  close,
  first,
  highIn,
  highOut,
  open,
  recv,
  recvSize,
  recvStatus,
  send,
  sendPayload,
  sendSize,
} from "../message-steps.ts";

const OVT = "open-vm-tools lib/message/message.c, lib/backdoor/backdoorGcc64.c";
const NOT_FOUND = "0 No value found";
const UNKNOWN = "0 Unknown command";
const question = bytesOf("info-get guestinfo.hvmc.missing");
const inChannel = (...steps: readonly Step[]): readonly Step[] => [open(), ...steps, close()];
const sendHigh = (bytes: Uint8Array): readonly Step[] => [sendSize(bytes.length), highOut(bytes)];
const recvHigh = (text: string): readonly Step[] => [recvSize(text.length), highIn(bytesOf(text)), recvStatus()];
/** 1 KiB of text. */
const kibibyte = "0123456789abcdef".repeat(64);

export const highBandwidthCases: readonly ConformanceCase[] = [
  ...define({
    id: "high.send",
    title: "REP OUTSB sends the message: EBX exactly 0x00010000, ECX 0",
    steps: inChannel(...sendHigh(question), ...recv(NOT_FOUND)),
    source: guest(`${OVT}; OpenBSD sys/dev/pv/vmt.c compares EBX for equality`),
  }),
  ...define({
    id: "high.receive",
    title: "REP INSB fetches the reply, and not a byte more",
    steps: inChannel(...send("info-get guestinfo.hvmc.missing"), ...recvHigh(NOT_FOUND)),
    source: guest(OVT),
  }),
  ...define({
    id: "high.both",
    title: "high bandwidth both ways, twice on one channel",
    steps: inChannel(
      ...sendHigh(question),
      ...recvHigh(NOT_FOUND),
      ...sendHigh(bytesOf("hvmc-no-such-verb")),
      ...recvHigh(UNKNOWN),
    ),
    source: guest("vmware/vmw-guestinfo message; Linux vmwgfx_msg.c"),
  }),
  ...define({
    id: "high.kibibyte",
    title: "a value of 1 KiB goes and comes back whole",
    steps: inChannel(
      ...sendHigh(bytesOf(`info-set guestinfo.hvmc.k ${kibibyte}`)),
      ...recvHigh("1 "),
      ...sendHigh(bytesOf("info-get guestinfo.hvmc.k")),
      ...recvHigh(`1 ${kibibyte}`),
    ),
    source: guest(OVT),
  }),
  ...define({
    id: "high.partial-send",
    title: "one announced message in several transfers",
    steps: inChannel(
      sendSize(question.length),
      highOut(question.subarray(0, 1)),
      highOut(question.subarray(1, 10)),
      highOut(question.subarray(10)),
      ...recv(NOT_FOUND),
    ),
    source: guest("VirtualKD vmwrpc.h"),
  }),
  ...define({
    id: "high.partial-receive",
    title: "one reply in several transfers",
    steps: inChannel(
      ...send("info-get guestinfo.hvmc.missing"),
      recvSize(NOT_FOUND.length),
      highIn(bytesOf(NOT_FOUND).subarray(0, 3)),
      highIn(bytesOf(NOT_FOUND).subarray(3, 4)),
      highIn(bytesOf(NOT_FOUND).subarray(4)),
      recvStatus(),
    ),
    source: guest("VirtualKD vmwrpc.h"),
  }),
  ...define({
    id: "high.mixed-send",
    title: "a message begun with low bandwidth is finished with high",
    steps: inChannel(
      sendSize(question.length),
      ...sendPayload(question.subarray(0, 8)),
      highOut(question.subarray(8)),
      ...recv(NOT_FOUND),
    ),
    source: recommended(OVT),
  }),
  ...define({
    id: "high.too-long",
    title: "a transfer longer than announced fails: EBX all zero; the channel goes on",
    steps: inChannel(
      sendSize(4),
      highOut(bytesOf("hvmc-"), { status: 0 }),
      ...sendHigh(question),
      ...recvHigh(NOT_FOUND),
    ),
    source: guest("afterburn's vmw_backdoor judges by EBX == 0"),
  }),
  ...define({
    id: "high.not-announced",
    title: "a transfer without SENDSIZE fails: EBX all zero",
    steps: inChannel(highOut(bytesOf("abcd"), { status: 0 }), ...sendHigh(question), ...recvHigh(NOT_FOUND)),
    source: guest("afterburn's vmw_backdoor judges by EBX == 0"),
  }),
  ...define({
    id: "high.cookie-wrong",
    title: "a wrong cookie fails, and harms the channel in no way",
    steps: inChannel(
      sendSize(question.length),
      step("out", {
        kind: "string",
        port: HIGH_PORT,
        size: 1,
        data: question,
        set: {
          ebx: 0x0001_0000,
          ecx: question.length,
          edx: { value: HIGH_PORT, variable: first.id },
          ebp: 0x1234_5678,
          edi: 0x9abc_def0,
        },
        expect: { eax: "any", ebx: 0, ecx: 0, edx: "any", esi: "any" },
      }),
      highOut(question),
      ...recvHigh(NOT_FOUND),
    ),
    source: header(OVT),
  }),
  ...define({
    id: "high.two-channels",
    title: "transfers of two channels, interleaved",
    steps: [
      open(),
      open({ on: channel(1) }),
      sendSize(question.length),
      sendSize(question.length, { on: channel(1) }),
      highOut(question.subarray(0, 9)),
      highOut(question.subarray(0, 17), { on: channel(1) }),
      highOut(question.subarray(9)),
      highOut(question.subarray(17), { on: channel(1) }),
      ...recvHigh(NOT_FOUND),
      ...recv(NOT_FOUND, { on: channel(1) }),
      close({ on: channel(1) }),
      close(),
    ],
    source: header(OVT),
  }),
  ...define({
    id: "high.wrong-magic",
    title: "REP OUTSB without the magic is a plain port: EBX as it was",
    steps: [
      step("out", {
        kind: "string",
        port: HIGH_PORT,
        size: 1,
        data: bytesOf("abcd"),
        set: { eax: 1, ebx: 0x0001_0000, ecx: 4 },
        expect: { ecx: 0, esi: "any" },
      }),
    ],
    passes: ["vmware", "xen-v6", "xen-v14", "qemu", "qemu-old", "kvm", "virtualbox", "v86", "bare-metal"],
    rings: [0],
    source: recommended("Xen series v14: only an access with the magic acts"),
  }),
];
