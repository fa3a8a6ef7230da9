/** Clocks and waiting, all in virtual time: where nobody can run the clock is advanced, and none of the host's time goes by. Source: man-pages 6. */
import { Errno } from "../errno.ts";
import type { LinuxProcess } from "../process.ts";
import { int, type SyscallTable, words } from "../syscall.ts";

const NS = 1_000_000_000n;
/** CLOCK_REALTIME 0, MONOTONIC 1, PROCESS_CPUTIME 2, THREAD_CPUTIME 3, MONOTONIC_RAW 4, REALTIME_COARSE 5, MONOTONIC_COARSE 6, BOOTTIME 7. */
const WALL = new Set([0, 5]);
const LAST_CLOCK = 7;

const clock = (process: LinuxProcess, id: number): bigint =>
  WALL.has(id) ? process.time.wallNs() : process.time.monotonicNs();

/** struct timespec or timeval: seconds, then the rest in units of `unitNs`, as words of 4 or 8 bytes. */
const pair = (ns: bigint, unitNs: bigint, word: 4 | 8): Uint8Array => words([ns / NS, (ns % NS) / unitNs], word);

/** struct timespec in ns, or a negated errno. */
export function readTimespec(process: LinuxProcess, address: number, word: 4 | 8): bigint | number {
  const bytes = process.space.read(address, 2 * word);
  if (!bytes) return -Errno.EFAULT;
  const view = new DataView(bytes.buffer);
  const at = (offset: number): bigint =>
    word === 8 ? view.getBigInt64(offset, true) : BigInt(view.getInt32(offset, true));
  const [seconds, ns] = [at(0), at(word)];
  return seconds < 0n || ns < 0n || ns >= NS ? -Errno.EINVAL : seconds * NS + ns;
}

const isClock = (id: number): boolean => int(id) >= 0 && int(id) <= LAST_CLOCK;

function sleep(
  process: LinuxProcess,
  rawId: number,
  absolute: boolean,
  address: number,
  remaining: number,
  word: 4 | 8,
): number | undefined {
  const id = int(rawId);
  if (!isClock(id)) return -Errno.EINVAL;
  const wanted = readTimespec(process, address, word);
  if (typeof wanted === "number") return wanted;
  const ns = absolute ? wanted - clock(process, id) : wanted;
  const untilNs = process.time.monotonicNs() + (ns > 0n ? ns : 0n);
  return process.wait({
    what: `a sleep of ${ns / NS} seconds`,
    untilNs,
    timeoutResult: 0,
    interrupted() {
      const left = untilNs - process.time.monotonicNs();
      if (!absolute) put(process, remaining, pair(left > 0n ? left : 0n, 1n, word));
    },
  });
}

const put = (process: LinuxProcess, address: number, bytes: Uint8Array): number =>
  address === 0 || process.space.write(address, bytes) ? 0 : -Errno.EFAULT;

/** The calls whose structures are made of words: `long` and time_t of 4 or 8 bytes. */
export const timeCalls = (word: 4 | 8) => ({
  nanosleep: (p: LinuxProcess, request: number, remaining: number) => sleep(p, 1, false, request, remaining, word),
  clockNanosleep: (p: LinuxProcess, id: number, flags: number, request: number, remaining: number) =>
    sleep(p, id, (flags & 1) !== 0, request, remaining, word),
  clockGettime: (p: LinuxProcess, id: number, address: number): number =>
    isClock(id) ? put(p, address, pair(clock(p, int(id)), 1n, word)) : -Errno.EINVAL,
  clockGetres: (p: LinuxProcess, id: number, address: number): number =>
    isClock(id) ? put(p, address, pair(1n, 1n, word)) : -Errno.EINVAL,
  gettimeofday: (p: LinuxProcess, address: number, zone: number): number =>
    put(p, address, pair(p.time.wallNs(), 1000n, word)) || put(p, zone, new Uint8Array(8)),
  time(p: LinuxProcess, address: number): number {
    const seconds = p.time.wallNs() / NS;
    return put(p, address, words([seconds], word)) || Number(seconds);
  },
  times(p: LinuxProcess, address: number): number {
    const ticks = p.time.monotonicNs() / 10_000_000n;
    return put(p, address, words([ticks, 0n, 0n, 0n], word)) || Number(ticks);
  },
  /** struct rusage: two timevals and fourteen longs, of which ru_maxrss is the first. */
  getrusage(p: LinuxProcess, _who: number, address: number): number {
    const bytes = new Uint8Array(18 * word);
    bytes.set(pair(p.time.monotonicNs(), 1000n, word), 0);
    bytes.set(words([BigInt(Math.ceil(p.space.residentBytes / 1024))], word), 4 * word);
    return put(p, address, bytes);
  },
});

const calls = timeCalls(8);

export const timeSyscalls = {
  nanosleep: { number: 35, args: ["pointer", "pointer"], run: calls.nanosleep },
  clock_nanosleep: { number: 230, args: ["int", "hex", "pointer", "pointer"], run: calls.clockNanosleep },
  clock_gettime: { number: 228, args: ["int", "pointer"], run: calls.clockGettime },
  clock_getres: { number: 229, args: ["int", "pointer"], run: calls.clockGetres },
  gettimeofday: { number: 96, args: ["pointer", "pointer"], run: calls.gettimeofday },
  time: { number: 201, args: ["pointer"], run: calls.time },
  times: { number: 100, args: ["pointer"], run: calls.times },
  getrusage: { number: 98, args: ["int", "pointer"], run: calls.getrusage },
  alarm: { number: 37, args: ["int"], run: () => 0 },
  setitimer: { number: 38, args: ["int", "pointer", "pointer"], run: () => -Errno.ENOSYS },
} as const satisfies SyscallTable;
