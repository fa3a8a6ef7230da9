import * as all from "vmport-adapters";

console.log(`${Object.keys(all).length} exports`);
