/** Clocks and waiting, all in virtual time: sleeping advances the clock and takes none of the host's. Source: man-pages 6. */
import { Errno } from "../errno.ts";
import type { LinuxProcess } from "../process.ts";
import { int, type SyscallTable } from "../syscall.ts";

const NS = 1_000_000_000n;
/** CLOCK_REALTIME 0, MONOTONIC 1, PROCESS_CPUTIME 2, THREAD_CPUTIME 3, MONOTONIC_RAW 4, REALTIME_COARSE 5, MONOTONIC_COARSE 6, BOOTTIME 7. */
const WALL = new Set([0, 5]);
const LAST_CLOCK = 7;

const clock = (process: LinuxProcess, id: number): bigint =>
  WALL.has(id) ? process.time.wallNs() : process.time.monotonicNs();

/** struct timespec or timeval: seconds, then the rest in units of `unitNs`. */
function pair(ns: bigint, unitNs: bigint): Uint8Array {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  view.setBigInt64(0, ns / NS, true);
  view.setBigInt64(8, (ns % NS) / unitNs, true);
  return bytes;
}

/** struct timespec in ns, or a negated errno. */
export function readTimespec(process: LinuxProcess, address: number): bigint | number {
  const bytes = process.space.read(address, 16);
  if (!bytes) return -Errno.EFAULT;
  const view = new DataView(bytes.buffer);
  const seconds = view.getBigInt64(0, true);
  const ns = view.getBigInt64(8, true);
  return seconds < 0n || ns < 0n || ns >= NS ? -Errno.EINVAL : seconds * NS + ns;
}

function sleep(process: LinuxProcess, id: number, absolute: boolean, address: number): number | undefined {
  const wanted = readTimespec(process, address);
  if (typeof wanted === "number") return wanted;
  return process.sleep(absolute ? wanted - clock(process, id) : wanted);
}

const put = (process: LinuxProcess, address: number, bytes: Uint8Array): number =>
  address === 0 || process.space.write(address, bytes) ? 0 : -Errno.EFAULT;

export const timeSyscalls = {
  nanosleep: { number: 35, args: ["pointer", "pointer"], run: (p, request) => sleep(p, 1, false, request) },
  clock_nanosleep: {
    number: 230,
    args: ["int", "hex", "pointer", "pointer"],
    run: (p, id, flags, request) =>
      int(id) < 0 || int(id) > LAST_CLOCK ? -Errno.EINVAL : sleep(p, int(id), (flags & 1) !== 0, request),
  },
  clock_gettime: {
    number: 228,
    args: ["int", "pointer"],
    run: (p, rawId, address) =>
      int(rawId) < 0 || int(rawId) > LAST_CLOCK ? -Errno.EINVAL : put(p, address, pair(clock(p, int(rawId)), 1n)),
  },
  clock_getres: {
    number: 229,
    args: ["int", "pointer"],
    run: (p, id, address) => (int(id) < 0 || int(id) > LAST_CLOCK ? -Errno.EINVAL : put(p, address, pair(1n, 1n))),
  },
  gettimeofday: {
    number: 96,
    args: ["pointer", "pointer"],
    run: (p, address, zone) => put(p, address, pair(p.time.wallNs(), 1000n)) || put(p, zone, new Uint8Array(8)),
  },
  time: {
    number: 201,
    args: ["pointer"],
    run(p, address) {
      const seconds = p.time.wallNs() / NS;
      const bytes = new Uint8Array(8);
      new DataView(bytes.buffer).setBigInt64(0, seconds, true);
      return put(p, address, bytes) || Number(seconds);
    },
  },
  times: {
    number: 100,
    args: ["pointer"],
    run(p, address) {
      const ticks = p.time.monotonicNs() / 10_000_000n;
      const bytes = new Uint8Array(32);
      new DataView(bytes.buffer).setBigInt64(0, ticks, true);
      return put(p, address, bytes) || Number(ticks);
    },
  },
  getrusage: {
    number: 98,
    args: ["int", "pointer"],
    run(p, _who, address) {
      const bytes = new Uint8Array(144);
      bytes.set(pair(p.time.monotonicNs(), 1000n), 0);
      new DataView(bytes.buffer).setBigInt64(32, BigInt(Math.ceil(p.space.residentBytes / 1024)), true);
      return put(p, address, bytes);
    },
  },
  alarm: { number: 37, args: ["int"], run: () => 0 },
  setitimer: { number: 38, args: ["int", "pointer", "pointer"], run: () => -Errno.ENOSYS },
} as const satisfies SyscallTable;
