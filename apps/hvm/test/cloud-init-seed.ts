/** What the host gives Debian's cloud-init by guestinfo, as its DataSourceVMware reads it. */
import { gzipSync } from "node:zlib";

export const COMMAND_LINE = "root=/dev/vda ro console=ttyS0 cryptomgr.notests";

const METADATA = `instance-id: hvm-cloud-1
local-hostname: hvm-cloud
`;

/** Its last act starts a unit outside cloud-init's own that waits for cloud-init and tells what became of it. */
const USERDATA = `#cloud-config
users:
  - default
  - name: ada
    gecos: Ada Lovelace
    shell: /bin/bash
    groups: sudo
    sudo: ALL=(ALL) NOPASSWD:ALL
    lock_passwd: true
# RSA's primes would cost the guest as much as everything else.
ssh_genkeytypes: [ed25519]
write_files:
  - path: /usr/local/sbin/report
    permissions: "0755"
    content: |
      #!/bin/sh
      cloud-init status --wait >/dev/null
      vmware-rpctool "info-set guestinfo.report.status $(cloud-init status)"
      exec >/dev/ttyS0 2>&1
      echo "REPORT BEGIN"
      cloud-init status --long
      echo "cloud-id: $(cloud-id)"
      echo "hostname: $(hostname)"
      echo "user: $(id ada)"
      echo "sudo: $(su - ada -c 'sudo id -un')"
      echo "virt: $(systemd-detect-virt)"
      echo "system: $(systemctl is-system-running --wait)"
      echo "tools: $(systemctl is-active open-vm-tools)"
      grep -E '^(DMI_PRODUCT_NAME|VIRT|check for|Found single)' /run/cloud-init/ds-identify.log
      systemctl --failed --no-legend --plain
      echo "REPORT END"
runcmd:
  - systemd-run --no-block --unit=report /usr/local/sbin/report
`;

/** Both ways in which DataSourceVMware takes data: base64, and gzip+base64. */
export const guestinfo = (): Record<string, string> => ({
  metadata: Buffer.from(METADATA).toString("base64"),
  "metadata.encoding": "base64",
  userdata: gzipSync(USERDATA).toString("base64"),
  "userdata.encoding": "gzip+base64",
});
