#!/bin/busybox sh
# The guest's first program, in the initial memory disk: finds the disk, which is the attached volume, and goes on from it.
busybox=/bin/busybox
$busybox mount -t proc proc /proc
$busybox mount -t devtmpfs dev /dev
for module in virtio_ring virtio virtio_pci_modern_dev virtio_pci_legacy_dev virtio_pci virtio_blk; do
  $busybox insmod /modules/$module.ko
done
until [ -b /dev/vda ]; do $busybox sleep 0.1; done
$busybox mount -t ext4 /dev/vda /root || { echo "GUEST has no root"; $busybox poweroff -f; }
$busybox dmesg | $busybox grep "EXT4-fs (vda)"
exec $busybox switch_root /root /bin/busybox sh /sbin/init
