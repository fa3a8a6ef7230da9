/** i386 calls on time: the old ones with 32-bit seconds, the newer ones as on amd64. Source: syscall_32.tbl. */
import type { SyscallTable } from "../../syscall.ts";
import { timeSyscalls as amd64, timeCalls } from "../time.ts";

const calls = timeCalls(4);

export const i386TimeSyscalls = {
  time: { number: 13, args: ["pointer"], run: calls.time },
  alarm: { ...amd64.alarm, number: 27 },
  times: { number: 43, args: ["pointer"], run: calls.times },
  getrusage: { number: 77, args: ["int", "pointer"], run: calls.getrusage },
  gettimeofday: { number: 78, args: ["pointer", "pointer"], run: calls.gettimeofday },
  setitimer: { ...amd64.setitimer, number: 104 },
  nanosleep: { number: 162, args: ["pointer", "pointer"], run: calls.nanosleep },
  clock_gettime: { number: 265, args: ["int", "pointer"], run: calls.clockGettime },
  clock_getres: { number: 266, args: ["int", "pointer"], run: calls.clockGetres },
  clock_nanosleep: { number: 267, args: ["int", "hex", "pointer", "pointer"], run: calls.clockNanosleep },
  clock_gettime64: { ...amd64.clock_gettime, number: 403 },
  clock_getres_time64: { ...amd64.clock_getres, number: 406 },
  clock_nanosleep_time64: { ...amd64.clock_nanosleep, number: 407 },
} as const satisfies SyscallTable;
