#!/bin/bash
# Builds the guests from Debian's packages into artifacts/guests (or the folder that NESTVISOR_GUESTS names):
#   vmlinuz            Debian's cloud kernel, as it is in its package
#   test.cpio          initial RAM disk of the guest tests, and of the nested virtual machine
#   l1.cpio            initial RAM disk of the lab guest
#   nestvisor.img      the lab guest's disk: Nestvisor (from artifacts/nestvisor), its libraries, kvm's modules, what it boots
#   files.img          an ext4 file system with one large file of zeros, to be written to
# Needs no privileges and installs nothing. What is up to date is kept.
#   net.cpio           initial RAM disk of the guests with a network
#   network.img        a second disk for the lab guest, with the programs and modules that virtual switches need
#   systemd.cpio       initial RAM disk of the guest with systemd
#   systemd.img        its disk, Debian with systemd and the programs that configure interfaces; to be used with nestvisor.img
#   load.cpio          initial RAM disk of the guests that compile and run stress-ng
#   load.img           their disk, with gcc and stress-ng
#   gvisor.img         disk with gVisor, and others.cpio to boot with it
#   qemu.img           a second disk for the lab guest, with Debian's QEMU
#   others.img         disk with other people's virtualization programs
#   xen, xen-vmlinuz, xen.cpio   Xen, its domain 0
#   bench/             what bench/compare.sh boots, and the QEMU that it compares with
#   qemu-img/          Debian's qemu-img with its libraries, against which the disk formats are tested
# guests/build.sh [test|lab|systemd|load|others|bench|tools]: "test" makes the first two only, and so needs no published Nestvisor; "lab" the first
# seven; "systemd" adds the next two; "load" those of the load, gVisor and qemu-img as well; "others" makes all but bench; "bench" makes the first two
# and its own, and needs a C compiler; "tools" makes qemu-img alone.
set -euo pipefail
export LC_ALL=C
here=$(cd -- "$(dirname -- "$(readlink -f -- "$0")")" && pwd)
root=$(dirname -- "$here")
out=${NESTVISOR_GUESTS:-$root/artifacts/guests}
cache=$out/cache
architecture=amd64
case ${1-lab} in
    lab | test | systemd | load | others | bench | tools) what=${1-lab} ;;
    *) echo "build.sh: '$1' is not a guest; use lab, test, systemd, load, others, bench or tools." >&2; exit 64 ;;
esac

say() { echo "guests: $*"; }
fail() { echo "guests: $*" >&2; exit 1; }

[ "$(uname -m)" = x86_64 ] || fail 'the guests are x86-64 Linux systems, and this computer is not x86-64.'
for tool in apt-get apt-cache dpkg-deb; do
    command -v $tool >/dev/null || fail "$tool is missing: the guests are built from Debian's packages and need a Debian or Ubuntu host."
done
mkdir -p "$cache"
. "$here/packages.sh"
. "$here/images.sh"

exec 9>"$cache/lock"
flock 9

if [ "$what" = load ] || [ "$what" = others ] || [ "$what" = tools ]; then
    qemu_img
    if [ "$what" = tools ]; then
        say "ready in $out"
        exit 0
    fi
fi

require_candidate linux-image-cloud-amd64
image=$(kernel_package)
[ -n "$image" ] || fail 'linux-image-cloud-amd64 names no kernel package.'
package "$image"; kernel=$unpacked
package busybox-static; busybox=$unpacked/bin/busybox
release=${image#linux-image-}
modules=$kernel/lib/modules/$release/kernel
keep_if_same "$kernel/boot/vmlinuz-$release" "$out/vmlinuz"

kvm_modules=(virt/lib/irqbypass arch/x86/kvm/kvm arch/x86/kvm/kvm-amd arch/x86/kvm/kvm-intel)
disk_modules=(drivers/virtio/virtio drivers/virtio/virtio_ring drivers/virtio/virtio_pci_modern_dev drivers/virtio/virtio_pci_legacy_dev
    drivers/virtio/virtio_pci drivers/block/virtio_blk)

# The small guest: busybox and an init that does what the kernel's command line says.
stage=$(new_stage)
install_program "$busybox" "$stage/bin/busybox"
install_program "$here/test/init" "$stage/init"
archive "$stage" "$out/test.cpio"

# The lab guest's initial RAM disk: busybox, and the modules that reach the disk.
stage=$(new_stage)
install_program "$busybox" "$stage/bin/busybox"
install_program "$here/lab/init" "$stage/init"
install_modules "$stage/lib/modules" "${disk_modules[@]}"
archive "$stage" "$out/l1.cpio"

programs=${NESTVISOR_PROGRAMS:-$root/artifacts/nestvisor}
if [ "$what" != test ]; then
    for program in nestvisor nestvisor-worker nestvisor-service; do
        [ -x "$programs/$program" ] || fail "$programs/$program is missing; run eng/publish.sh first."
    done
fi
if [ "$what" = lab ] || [ "$what" = systemd ] || [ "$what" = load ] || [ "$what" = others ]; then
    stage=$(new_stage)
    mkdir -p "$stage/bin" "$stage/guest" "$stage/lib64"
    copy_programs "$programs" "$stage/bin"
    for name in libc6 libgcc-s1 libstdc++6; do
        package "$name"
        copy_libraries "$unpacked" "$stage/lib"
    done
    cp "$stage/lib/ld-linux-x86-64.so.2" "$stage/lib64/"
    install_modules "$stage/modules" "${kvm_modules[@]}"
    cp "$out/vmlinuz" "$out/test.cpio" "$out/l1.cpio" "$stage/guest/"
    cp "$here"/lab/l1-{lab,saved}.ps1 "$stage/"
    disk "$stage" "$out/nestvisor.img"
    stage=$(new_stage)
    truncate -s 64M "$stage/zeros"
    disk "$stage" "$out/files.img"
fi

if [ "$what" = lab ] || [ "$what" = systemd ] || [ "$what" = load ] || [ "$what" = others ]; then
    . "$here/network/images.sh"
    network_images
fi

if [ "$what" = systemd ] || [ "$what" = load ] || [ "$what" = others ]; then
    . "$here/systemd/images.sh"
    systemd_images
fi

if [ "$what" = load ] || [ "$what" = others ]; then
    . "$here/load/images.sh"
    load_images
    . "$here/others/images.sh"
    others_ram_disk
    gvisor_image
fi

# QEMU with all the libraries that it loads, from the packages that it would bring onto an empty system.
if [ "$what" = others ]; then
    stage=$(new_stage)
    mkdir -p "$stage/bin" "$stage/lib" "$stage/lib64" "$stage/share" "$cache/libraries"
    require_candidate qemu-system-x86
    mapfile -t names < <(needed_packages qemu-system-x86 ovmf)
    fetch_packages "${names[@]}"
    for name in "${names[@]}"; do
        package "$name"
        link_libraries "$unpacked" "$cache/libraries"
        case ${name%%=*} in
        qemu-system-x86) qemu=$unpacked/usr/bin/qemu-system-x86_64 ;;
        qemu-system-data) cp -L "$unpacked"/usr/share/qemu/{linuxboot.bin,linuxboot_dma.bin,kvmvapic.bin,qboot.rom} "$stage/share/" ;;
        seabios) cp -L "$unpacked"/usr/share/seabios/bios-{256k,microvm}.bin "$stage/share/" ;;
        ovmf) cp -L "$unpacked/usr/share/ovmf/OVMF.fd" "$stage/share/" ;;
        esac
    done
    install_program "$qemu" "$stage/bin/qemu-system-x86_64"
    copy_loaded_libraries "$qemu" "$cache/libraries" "$stage/lib"
    disk "$stage" "$out/qemu.img"
    others_image
    xen_images
fi

if [ "$what" = bench ]; then
    . "$here/bench/images.sh"
    bench_images
fi
rm -rf "$cache/stage"
say "ready in $out (kernel $release)"
