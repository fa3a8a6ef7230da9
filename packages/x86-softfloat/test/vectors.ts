/** Reads the vector files that `test/generator` writes. */
import { readFileSync } from "node:fs";

/** One instruction as the processor ran it. All values little-endian. */
export interface VectorRecord {
  readonly inputs: readonly DataView[];
  readonly outputs: readonly DataView[];
  readonly status: number;
}

/** Records of one instruction under one control word. */
export interface VectorGroup {
  readonly name: string;
  readonly inputTypes: readonly string[];
  readonly control: number;
  readonly records: readonly VectorRecord[];
}

const SIZES: { readonly [type: string]: number } = { f32: 4, f64: 8, f80: 10, i16: 2, i32: 4, i64: 8, imm: 1, bcd: 10 };

const types = (list: string): string[] => list.split(",").filter((type) => type !== "-");

function toView(buffer: Buffer, offset: number, size: number): DataView {
  return new DataView(buffer.buffer, buffer.byteOffset + offset, size);
}

/** All groups of one file. */
export function readVectors(file: string | URL): VectorGroup[] {
  const pools = new Map<string, DataView[]>();
  const groups: VectorGroup[] = [];
  for (const line of readFileSync(file, "utf8").split("\n")) {
    if (line === "") continue;
    const words = line.split(" ");
    if (words[0] === "pool") {
      const size = SIZES[words[1]!]!;
      const bytes = Buffer.from(words[2]!, "hex");
      pools.set(
        words[1]!,
        Array.from({ length: bytes.length / size }, (_, i) => toView(bytes, i * size, size)),
      );
      continue;
    }
    const [name, inputs, outputs, control, data] = words as [string, string, string, string, string];
    const inputTypes = types(inputs);
    const outputTypes = types(outputs);
    const bytes = Buffer.from(data, "base64");
    const records: VectorRecord[] = [];
    for (let at = 0; at < bytes.length; ) {
      const indices = inputTypes.map((type) => {
        at += 2;
        return pools.get(type)![bytes.readUInt16LE(at - 2)]!;
      });
      const results = outputTypes.map((type) => {
        at += SIZES[type]!;
        return toView(bytes, at - SIZES[type]!, SIZES[type]!);
      });
      at += 2;
      records.push({ inputs: indices, outputs: results, status: bytes.readUInt16LE(at - 2) });
    }
    groups.push({ name, inputTypes, control: Number.parseInt(control, 16), records });
  }
  return groups;
}

/** Little-endian bytes as one hexadecimal number. */
export function toHex(view: DataView): string {
  let text = "";
  for (let i = view.byteLength - 1; i >= 0; i--) text += view.getUint8(i).toString(16).padStart(2, "0");
  return text;
}
