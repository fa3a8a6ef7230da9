/** guestinfo variables: what the guest reads, what it set, live. */
import { element } from "./element.ts";

interface Row {
  readonly key: string;
  readonly value: string;
}

export class GuestinfoPanel {
  readonly root: HTMLElement;
  private readonly list = element("dl");
  private readonly key = element("input", { placeholder: "key", ariaLabel: "guestinfo key", size: 10 });
  private readonly value = element("input", { placeholder: "value", ariaLabel: "guestinfo value" });
  private hosts = new Map<string, string>([["greeting", "hello from the page"]]);

  /** @param onSet called for a change while a guest runs */
  constructor(onSet: (key: string, value: string) => void) {
    const form = element("form", {}, this.key, this.value, element("button", { textContent: "Set" }));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const key = this.key.value.trim().replace(/^guestinfo\./, "");
      if (key === "") return;
      this.hosts.set(key, this.value.value);
      onSet(key, this.value.value);
      this.draw([...this.hosts].map(([name, value]) => ({ key: name, value, isGuests: false })));
      form.reset();
    });
    const title = element("h2", { textContent: "guestinfo" });
    this.root = element("section", { className: "guestinfo" }, title, this.list, form);
    this.draw([...this.hosts].map(([key, value]) => ({ key, value, isGuests: false })));
  }

  /** What a new guest starts with. */
  values(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.hosts);
  }

  draw(rows: readonly (Row & { readonly isGuests: boolean })[]): void {
    this.list.replaceChildren(
      ...rows.flatMap(({ key, value, isGuests }) => [
        element("dt", {
          textContent: key,
          className: isGuests ? "guests" : "",
          title: isGuests ? "set by the guest" : "set by the host",
        }),
        element("dd", { textContent: value, title: value }),
      ]),
    );
  }
}
