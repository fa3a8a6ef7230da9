/** Guest images to entry state: flat, boot sector, multiboot 1, ELF. */
export {};
