/**
 * Files under /proc and /sys that programs read to learn where they run. Formats: proc(5), sysfs(5) of man-pages 6.
 * The machine adds what it knows (DMI strings, the processor's description); nothing comes from the host.
 */

export interface SystemFacts {
  readonly pid: number;
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  /** Bytes of RAM that the process may use. */
  readonly memoryBytes: number;
  readonly commandLine: () => string;
  readonly maps: () => string;
  readonly uptimeNs: () => bigint;
}

/** Kernel release of uname(2) and /proc/sys/kernel/osrelease. */
export const KERNEL_RELEASE = "6.1.0";
export const HOST_NAME = "simulated-hvm";
/** CAP_CHECKPOINT_RESTORE of Linux 6.1. */
export const LAST_CAPABILITY = 40;

/** Path → text, made when read. */
export function systemFiles(facts: SystemFacts): Record<string, () => string> {
  const own = `/proc/${facts.pid}`;
  const kib = Math.floor(facts.memoryBytes / 1024);
  const ids = (id: number): string => `${id}\t${id}\t${id}\t${id}`;
  const none = "0000000000000000";
  return {
    [`${own}/maps`]: facts.maps,
    [`${own}/cmdline`]: facts.commandLine,
    [`${own}/comm`]: () => `${facts.name.slice(0, 15)}\n`,
    [`${own}/environ`]: () => "",
    [`${own}/cgroup`]: () => "0::/\n",
    [`${own}/status`]: () =>
      `${[
        `Name:\t${facts.name.slice(0, 15)}`,
        "Umask:\t0022",
        "State:\tR (running)",
        `Tgid:\t${facts.pid}`,
        `Pid:\t${facts.pid}`,
        "PPid:\t1",
        "TracerPid:\t0",
        `Uid:\t${ids(facts.uid)}`,
        `Gid:\t${ids(facts.gid)}`,
        "Threads:\t1",
        ...["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"].map((set) => `${set}:\t${none}`),
        "NoNewPrivs:\t0",
        "Seccomp:\t0",
      ].join("\n")}\n`,
    "/proc/1/cgroup": () => "0::/init.scope\n",
    "/proc/1/comm": () => "init\n",
    "/proc/sys/kernel/osrelease": () => `${KERNEL_RELEASE}\n`,
    "/proc/sys/kernel/ostype": () => "Linux\n",
    "/proc/sys/kernel/hostname": () => `${HOST_NAME}\n`,
    "/proc/sys/kernel/cap_last_cap": () => `${LAST_CAPABILITY}\n`,
    "/proc/sys/kernel/pid_max": () => "32768\n",
    "/proc/sys/vm/overcommit_memory": () => "0\n",
    "/proc/version": () => `Linux version ${KERNEL_RELEASE} (simulated)\n`,
    "/proc/filesystems": () => "nodev\tsysfs\nnodev\tproc\nnodev\tdevtmpfs\n",
    "/proc/mounts": () => "rootfs / rootfs ro 0 0\nproc /proc proc ro 0 0\nsysfs /sys sysfs ro 0 0\n",
    "/proc/meminfo": () =>
      `MemTotal:${String(kib).padStart(16)} kB\nMemFree:${String(kib).padStart(17)} kB\nSwapTotal:              0 kB\n`,
    "/proc/loadavg": () => "0.00 0.00 0.00 1/1 1000\n",
    "/proc/uptime": () => {
      const hundredths = facts.uptimeNs() / 10_000_000n;
      const text = `${hundredths / 100n}.${String(hundredths % 100n).padStart(2, "0")}`;
      return `${text} 0.00\n`;
    },
    "/sys/devices/system/cpu/online": () => "0\n",
    "/sys/devices/system/cpu/possible": () => "0\n",
  };
}
