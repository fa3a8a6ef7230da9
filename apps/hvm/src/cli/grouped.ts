/** A whole number as people read it: 1,234,567. Without `Intl`, whose tables take longer to load than a short guest runs. */
export const grouped = (value: number | bigint): string => String(value).replace(/\B(?=(?:\d{3})+$)/g, ",");
