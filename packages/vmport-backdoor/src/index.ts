/** VMware's backdoor port 0x5658 from the host's side: commands, register contract, personalities, the ring-3 #GP check. */
export {};
