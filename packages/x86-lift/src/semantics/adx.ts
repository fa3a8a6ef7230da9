/** ADCX and ADOX: additions whose carry lives in CF or OF alone. */
import type { Builder } from "../builder.ts";
import { Flag } from "../ir.ts";
import type { SemanticsTable } from "../lift.ts";

function addWith(flag: typeof Flag.CF | typeof Flag.OF): (b: Builder) => void {
  return (b) => {
    const x = b.read(0);
    const y = b.read(1);
    const partial = b.add(x, y);
    const sum = b.add(partial, b.zext(b.widthOf(x), b.getFlag(flag)));
    b.write(0, sum);
    b.setFlag(flag, b.or(b.compare("ltU", partial, x), b.compare("ltU", sum, partial)));
    b.next();
  };
}

export const semantics: SemanticsTable = { adcx: addWith(Flag.CF), adox: addWith(Flag.OF) };
