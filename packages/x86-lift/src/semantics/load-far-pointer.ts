/** LDS, LES, LFS, LGS, LSS. */
import type { Builder } from "../builder.ts";
import { Segment } from "../ir.ts";
import type { SemanticsTable } from "../lift.ts";
import { loadSegment } from "../segments.ts";

function loadPointer(segment: number): (b: Builder) => void {
  return (b) => {
    const width = b.width(0);
    const offset = b.load(width, b.segment, b.address());
    const selector = b.load(16, b.segment, b.address(width / 8));
    loadSegment(b, segment, selector, false);
    b.write(0, offset);
    b.nextFresh();
  };
}

export const semantics: SemanticsTable = {
  les: loadPointer(Segment.ES),
  lss: loadPointer(Segment.SS),
  lds: loadPointer(Segment.DS),
  lfs: loadPointer(Segment.FS),
  lgs: loadPointer(Segment.GS),
};
