/**
 * The interpreter's bytes for one layout, when whoever bundled the program generated them before; the `hvm` command does, because
 * writing the module is a quarter of the time until a guest's first instruction. The package itself ships none.
 *
 * @param _key state block and control area, byte offsets, with a comma between
 */
export function readyMade(_key: string): Uint8Array<ArrayBuffer> | undefined {
  return undefined;
}
