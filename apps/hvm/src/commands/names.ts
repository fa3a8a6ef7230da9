/** What `hvm` is asked to do: the first word of its arguments. */
export const commandNames = ["demo", "exec", "run", "create", "trace", "conformance", "disasm"] as const;
export type CommandName = (typeof commandNames)[number];
