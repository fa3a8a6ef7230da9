/** A conformance suite for VMware's backdoor: cases as data, a judge for any host function, a boot image for any hypervisor, a matrix. */
export {};
