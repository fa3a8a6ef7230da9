/** Linux' initial file system from files and folders: archives may follow each other, the kernel unpacks them in order. */
import { statSync } from "node:fs";
import { writeCpio } from "guest-loader";
import { directoryEntries } from "../node/directory-archive.ts";
import { readInput } from "../node/read-input.ts";
import { CliError, ExitCode } from "./exit-codes.ts";

/** Archives begin at multiples of four bytes (Linux `buffer-format.rst`). */
const ALIGNMENT = 4;

/** @throws CliError */
export function readInitrd(paths: readonly string[] | undefined): Uint8Array | undefined {
  if (paths === undefined || paths.length === 0) return undefined;
  const parts = paths.map((path) => (isDirectory(path) ? packed(path) : readInput(path, "initrd")));
  const [only] = parts;
  if (parts.length === 1) return only;
  const sizes = parts.map(({ length }) => Math.ceil(length / ALIGNMENT) * ALIGNMENT);
  const whole = new Uint8Array(sizes.reduce((sum, size) => sum + size, 0));
  let at = 0;
  parts.forEach((part, index) => {
    whole.set(part, at);
    at += sizes[index]!;
  });
  return whole;
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function packed(path: string): Uint8Array {
  try {
    return writeCpio(directoryEntries(path));
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? (error instanceof Error ? error.message : String(error));
    throw new CliError(ExitCode.NoInput, `initrd ${path}: ${why}`, "every file below it must be readable");
  }
}
