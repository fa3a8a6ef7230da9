/** VMware GuestRPC from the host's side: message channels on both bandwidths, RPCI verbs, the guestinfo store. */
export {};
