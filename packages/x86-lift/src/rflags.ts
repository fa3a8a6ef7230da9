/** RFLAGS bits beyond the status flags (SDM vol. 1 §3.4.3). */
export const Rflags = {
  Status: 0x8d5,
  TF: 1 << 8,
  IF: 1 << 9,
  DF: 1 << 10,
  IOPL: 3 << 12,
  NT: 1 << 14,
  RF: 1 << 16,
  VM: 1 << 17,
  AC: 1 << 18,
  VIF: 1 << 19,
  VIP: 1 << 20,
  ID: 1 << 21,
} as const;
