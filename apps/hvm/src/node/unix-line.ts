/** A serial line as a socket in the file system, one client at a time: `socat -,raw,echo=0,escape=0x1d UNIX-CONNECT:PATH`. */
import { lstatSync, rmSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { CliError, ExitCode } from "../cli/exit-codes.ts";
import type { SerialLine } from "../cli/serial-line.ts";

/** The guest waits for its first reader; what it sends while nobody is connected later is lost, as on a cable. */
export async function openUnixLine(path: string): Promise<SerialLine> {
  await removeStale(path);
  let client: Socket | undefined;
  let listener: ((bytes: Uint8Array) => void) | undefined;
  let isThere: () => void = () => {};
  const ready = new Promise<void>((resolve) => {
    isThere = resolve;
  });
  const server = createServer((socket) => {
    if (client !== undefined) {
      socket.end("the line is in use\r\n");
      return;
    }
    client = socket;
    socket.on("data", (bytes) => listener?.(bytes));
    // Its "close" follows.
    socket.on("error", () => {});
    socket.on("close", () => {
      client = undefined;
    });
    isThere();
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) =>
      reject(
        new CliError(
          ExitCode.CannotWrite,
          `serial unix:${path}: ${error.code ?? error.message}`,
          "a new path in a folder that can be written expected",
        ),
      ),
    );
    server.listen(path, resolve);
  });
  return {
    place: `unix:${path}`,
    ready,
    write: (bytes) => void client?.write(Uint8Array.from(bytes)),
    async settle() {
      const socket = client;
      if (!socket?.writableNeedDrain) return;
      await new Promise<void>((resolve) => {
        socket.once("drain", resolve);
        socket.once("close", () => resolve());
      });
    },
    onInput(added) {
      listener = added;
    },
    close() {
      client?.end();
      server.close();
    },
  };
}

/** A socket that a killed run has left behind. Anything else at the path stays. */
async function removeStale(path: string): Promise<void> {
  if (!lstatSync(path, { throwIfNoEntry: false })?.isSocket()) return;
  const isAlive = await new Promise<boolean>((resolve) => {
    const probe = connect(path, () => {
      probe.destroy();
      resolve(true);
    });
    probe.on("error", () => resolve(false));
  });
  if (!isAlive) rmSync(path, { force: true });
}
