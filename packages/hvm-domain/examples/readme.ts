import { createCpuidPolicy, createHvmParams, decodeCreateFlags, exceptionBitmap } from "hvm-domain";

const hex = (value: number): string => `0x${value.toString(16).padStart(8, "0")}`;

// XEN_DOMCTL_CDF bits: hvm_guest, hap, vmware_port.
const flags = decodeCreateFlags(0x23);
const params = createHvmParams(flags);
params.set("VMWARE_HW", 11n);

const cpuid = createCpuidPolicy({
  vcpus: 1,
  hardwareVersion: () => params.get("VMWARE_HW"),
  viridian: () => params.get("VIRIDIAN") !== 0n,
});
const { eax, ebx, ecx, edx } = cpuid.lookup(0x4000_0000, 0, { apicId: 0, osxsave: false });
console.log(`cpuid 0x40000000  ${[eax, ebx, ecx, edx].map(hex).join(" ")}`);
console.log(`Xen's leaves      ${hex(cpuid.xenBase)}`);

const bitmap = exceptionBitmap({
  flavour: "vmx",
  vmwarePort: flags.vmwarePort,
  paging: flags.hap ? "hap" : "shadow",
  emulatedRealMode: false,
  fpuLoaded: true,
  debugger: { attached: false, monitorTrapFlag: true },
});
console.log(`exception bitmap  ${hex(bitmap)}`);

try {
  params.set("VIRIDIAN", 1n);
} catch (error) {
  console.log(String(error));
}
