import * as all from "vmport-conformance";

console.log(`${Object.keys(all).length} exports`);
