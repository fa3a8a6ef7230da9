/** PC devices as plain objects: UART, PIC, PIT, RTC, debugcon and friends. No bus, no clock, no CPU. */
export {};
