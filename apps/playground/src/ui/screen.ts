/** The guest's VGA; keys go to its keyboard while it has the focus. */
import { element } from "./element.ts";

export class Screen {
  readonly root: HTMLElement;
  private readonly canvas = element("canvas", {
    tabIndex: 0,
    width: 720,
    height: 400,
    ariaLabel: "The guest's screen",
  });

  constructor(onKey: (code: string, isDown: boolean) => void) {
    this.root = element("div", { className: "screen" }, this.canvas);
    for (const [name, isDown] of [
      ["keydown", true],
      ["keyup", false],
    ] as const)
      this.canvas.addEventListener(name, (event) => {
        event.preventDefault();
        if (!(isDown && event.repeat)) onKey(event.code, isDown);
      });
  }

  clear(): void {
    const context = this.canvas.getContext("2d");
    context?.clearRect(0, 0, this.canvas.width, this.canvas.height);
  }

  show({ width, height, rgba }: { readonly width: number; readonly height: number; readonly rgba: Uint8Array }): void {
    if (width === 0 || height === 0) return;
    if (this.canvas.width !== width || this.canvas.height !== height) Object.assign(this.canvas, { width, height });
    const pixels = new ImageData(new Uint8ClampedArray(rgba), width, height);
    this.canvas.getContext("2d")?.putImageData(pixels, 0, 0);
  }
}
