/** Bits of GETGUIOPTIONS. Sources: open-vm-tools `lib/include/backdoor_def.h`; K. Kato, "VMware Backdoor I/O Port". */
export const GuiOption = {
  AutoGrab: 0x001,
  AutoUngrab: 0x002,
  AutoScroll: 0x004,
  AutoRaise: 0x008,
  ExchangeSelections: 0x010,
  WarpCursorOnUngrab: 0x020,
  FullScreen: 0x040,
  ToFullScreen: 0x080,
  ToWindow: 0x100,
  AutoRaiseDisabled: 0x200,
  SyncTime: 0x400,
  DisableCursorOptions: 0x800,
} as const;

/** Every defined bit: the guest can set no others. */
export const GUI_OPTION_MASK = 0xfff;
