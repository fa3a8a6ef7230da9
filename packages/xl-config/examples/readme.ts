import { parseXlConfig, XlConfigError } from "xl-config";

const text = `
name   = "tools"          # xl.cfg(5)
memory = 512; vcpus = 2
vmware_hw = 11
disk   = [ "debian.qcow2,qcow2,xvda,snapshot" ]
guestinfo.greeting = "hello"
`;
const { settings } = parseXlConfig(text, { source: "tools.cfg", overrides: ["memory=1024"] });
console.log(JSON.stringify(settings, null, 1));

try {
  parseXlConfig("memory = 512\nvmware_prot = 1", { source: "tools.cfg" });
} catch (error) {
  if (error instanceof XlConfigError) console.log(error.message);
}
