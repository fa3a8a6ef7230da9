/**
 * A serial line as a pseudo-terminal. Node has no way to make one; script(1) of util-linux does, and stays as the bridge between its
 * two ends: our pipes on one side, the terminal's name for others on the other.
 */
import { spawn } from "node:child_process";
import { CliError, ExitCode } from "../cli/exit-codes.ts";
import type { SerialLine } from "../cli/serial-line.ts";

/** Bytes that wait for somebody to open the terminal; what comes after them is lost, as on a cable without an end. */
const MAX_WAITING = 65_536;
const HOLDER = "stty raw -echo && tty && exec sleep 2147483647";

export async function openPtyLine(): Promise<SerialLine> {
  const child = spawn("script", ["-qec", HOLDER, "/dev/null"], {
    stdio: ["pipe", "pipe", "ignore"],
    // Ctrl-C at the terminal is ours to handle; the bridge ends with us.
    detached: true,
  });
  let listener: ((bytes: Uint8Array) => void) | undefined;
  const kill = (): void => void child.kill("SIGKILL");
  process.once("exit", kill);
  const place = await new Promise<string>((resolve, reject) => {
    const fail = (why: string): void =>
      reject(
        new CliError(
          ExitCode.CannotWrite,
          `serial pty: ${why}`,
          "a pseudo-terminal is made by util-linux' script(1); --serial unix:PATH needs nothing",
        ),
      );
    child.once("error", (error: NodeJS.ErrnoException) =>
      fail(error.code === "ENOENT" ? "there is no program `script`" : String(error.code ?? error.message)),
    );
    child.once("exit", (status) => fail(`\`script\` ended with status ${status}`));
    child.stdout.once("data", (bytes: Buffer) => {
      const [name = ""] = bytes.toString().split("\n");
      if (name.startsWith("/")) resolve(name.trim());
      else fail(`\`script\` said ${JSON.stringify(name)}`);
    });
  });
  child.stdout.on("data", (bytes: Buffer) => listener?.(bytes));
  child.stdin.on("error", () => {});
  return {
    place,
    ready: undefined,
    write(bytes) {
      if (child.stdin.writableLength < MAX_WAITING) child.stdin.write(Uint8Array.from(bytes));
    },
    // Nobody may ever read: waiting would stop the guest.
    settle: async () => {},
    onInput(added) {
      listener = added;
    },
    close() {
      process.off("exit", kill);
      child.stdin.end();
      kill();
    },
  };
}
