/** What the browser test runs in a page: the embedded guest on both tiers, the result as the page's text. */
import { runFirstLight } from "../src/guest/run-first-light.ts";

const results = ([0, 1] as const).map((tier) => ({
  tier,
  withPort: runFirstLight({ vmwarePort: true, tier }),
  withoutPort: runFirstLight({ vmwarePort: false, tier }),
}));

declare const document: { body: { textContent: string } };
document.body.textContent = `RESULT${JSON.stringify(results)}RESULT`;
