import { expect } from "vitest";
import { ImageError } from "../src/guest-image.ts";

/** The ImageError that `work` must throw. */
export const failure = (work: () => unknown): ImageError => {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(ImageError);
    return error as ImageError;
  }
  throw new Error("it did not fail");
};
