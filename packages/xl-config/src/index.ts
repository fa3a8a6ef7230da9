/** Xen's xl.cfg syntax: parser with line and column, and its mapping to a machine configuration. */
export { type DiskSpec, parseDisk, parseDiskWord } from "./disk.ts";
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
  nearestWord,
  parseXlConfig,
  readSetting,
  readWords,
  type SettingWord,
  type XlConfig,
  type XlConfigOptions,
} from "./settings.ts";
export { parseVif, type VifSpec } from "./vif.ts";
