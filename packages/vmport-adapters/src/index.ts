/** VMware's backdoor in other people's emulators: a v86 device, a Unicorn hook, a plain function. */
export {};
