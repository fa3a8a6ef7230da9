/** Xen's xl.cfg syntax: parser with line and column, and its mapping to a machine configuration. */
export { type DiskSpec, parseDisk } from "./disk.ts";
export { formatPlace, type Place, XlConfigError, type XlConfigErrorCode } from "./errors.ts";
export {
  MAX_CONFIG_CHARACTERS,
  parseSettings,
  type XlList,
  type XlNumber,
  type XlSetting,
  type XlString,
  type XlValue,
} from "./parse.ts";
export { fixedKeys, ignoredKeys, type SettingKind, type SettingRow, settingRows } from "./schema.ts";
export {
  findSetting,
  type MachineSettings,
  parseXlConfig,
  readSetting,
  type XlConfig,
  type XlConfigOptions,
} from "./settings.ts";
