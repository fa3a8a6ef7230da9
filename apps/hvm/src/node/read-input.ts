/** Files that a person names. */
import { readFileSync } from "node:fs";
import { CliError, ExitCode } from "../cli/exit-codes.ts";

/** A file's bytes. @throws CliError */
export function readInput(path: string, what: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why =
      code === "ENOENT"
        ? "no such file"
        : code === "EISDIR"
          ? "a directory, not a file"
          : code === "EACCES"
            ? "no permission to read it"
            : String(code);
    throw new CliError(ExitCode.NoInput, `${what} ${path}: ${why}`, "check the path");
  }
}
