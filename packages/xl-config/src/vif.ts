/**
 * One network card: `key=value` separated by commas.
 *
 * Sources: Xen `docs/man/xl-network-configuration.5.pod`.
 */

export interface VifSpec {
  /** Six bytes; absent: the machine makes one. */
  readonly mac: Uint8Array | undefined;
}

/** What says how a card is connected: nothing is at the other end of the cable here. */
const withoutEffect: ReadonlySet<string> = new Set(
  "bridge gatewaydev netdev type script ip backend rate devid vifname trusted mtu".split(" "),
);
const MODELS = ["virtio", "virtio-net"];
const MAC = /^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/i;

/** The card, or what is wrong with the text. */
export function parseVif(text: string): VifSpec | string {
  let mac: Uint8Array | undefined;
  for (const part of text.split(",").map((one) => one.trim())) {
    if (part === "") continue;
    const [name = "", value] = part.split(/=(.*)/s, 2);
    if (value === undefined) return `${JSON.stringify(part)}: KEY=VALUE expected`;
    if (name === "mac") {
      if (!MAC.test(value)) return `mac ${JSON.stringify(value)}: six bytes as 00:16:3e:01:02:03 expected`;
      mac = Uint8Array.from(value.split(":"), (byte) => Number.parseInt(byte, 16));
    } else if (name === "model") {
      if (!MODELS.includes(value))
        return `model ${JSON.stringify(value)}: ${MODELS.join(" or ")} expected, the only card here`;
    } else if (!withoutEffect.has(name))
      return `unknown key ${JSON.stringify(name)}: mac, model, ${[...withoutEffect].join(", ")} expected`;
  }
  return { mac };
}
