/** The assembly: a domain, its processors, devices and VMware's backdoor from one typed configuration. */
export {};
