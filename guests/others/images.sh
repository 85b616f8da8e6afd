# Other people's virtualization programs, from Debian's packages. To be sourced by guests/build.sh, whose functions and variables it uses.
#   others.cpio    initial RAM disk of the guests whose root is one of these disks
#   gvisor.img     gVisor
#   others.img     libvirt with QEMU, Bochs, User Mode Linux, and disk.img for those that boot from a disk
#   xen            Xen's hypervisor, unpacked
#   xen-vmlinuz    Debian's kernel for its domain 0, which the cloud kernel cannot be
#   xen.cpio       that kernel's initial RAM disk: xl with what it needs, and what its guests boot

# others_ram_disk: the initial RAM disk that both disks are booted with.
others_ram_disk() {
    stage=$(new_stage)
    install_program "$busybox" "$stage/bin/busybox"
    install_program "$here/others/init" "$stage/init"
    install_modules "$stage/lib/modules" "${disk_modules[@]}" fs/overlayfs/overlay "${kvm_modules[@]}"
    archive "$stage" "$out/others.cpio"
}

# finish_root FOLDER: what a root needs besides the packages' files.
finish_root() {
    local name
    mkdir -p "$1"/{bin,etc,guest,dev,proc,sys,tmp,run,root,var/tmp}
    cp "$busybox" "$1/bin/busybox"
    ln -s busybox "$1/bin/sh"
    printf '%s\n' root:x:0:0:root:/root:/bin/sh nobody:x:65534:65534:nobody:/:/bin/sh libvirt-qemu:x:64055:109::/:/bin/sh > "$1/etc/passwd"
    printf '%s\n' root:x:0: kvm:x:108: libvirt-qemu:x:109: nogroup:x:65534: > "$1/etc/group"
    install_program "$here/others/task" "$1/task"
}

gvisor_image() {
    package runsc
    stage=$(new_stage)
    install_program "$unpacked/usr/bin/runsc" "$stage/usr/bin/runsc"
    finish_root "$stage"
    disk "$stage" "$out/gvisor.img"
}

# little_endian NUMBER: its four bytes, as printf takes them.
little_endian() { printf '\\x%02x\\x%02x\\x%02x\\x%02x' $(($1 & 255)) $(($1 >> 8 & 255)) $(($1 >> 16 & 255)) $(($1 >> 24 & 255)); }

# boot_disk FILE LIBRARIES: a disk with GRUB, Debian's cloud kernel and the small guest, for a BIOS to boot.
boot_disk() {
    local grub_programs grub_modules partition=$cache/boot-partition.img sectors
    package grub-common; grub_programs=$unpacked/usr/bin
    package grub-pc-bin; grub_modules=$unpacked/usr/lib/grub/i386-pc
    stage=$(new_stage)
    cp "$out/vmlinuz" "$out/test.cpio" "$stage/"
    disk "$stage" "$partition"
    printf '%s\n' 'serial --unit=0 --speed=115200' 'terminal_output serial console' 'echo GRUB has started' 'set root=(hd0,msdos1)' \
        'linux /vmlinuz console=ttyS0 quiet panic=-1 cryptomgr.notests name=L2' 'initrd /test.cpio' boot > "$cache/grub.cfg"
    "$2/ld-linux-x86-64.so.2" --library-path "$2" "$grub_programs/grub-mkimage" -d "$grub_modules" -O i386-pc -p '(hd0,msdos1)/grub' \
        -c "$cache/grub.cfg" -o "$cache/grub.core" biosdisk part_msdos ext2 linux normal serial echo terminal boot
    # GRUB's first sector, the rest of it behind, and at 1 MiB the partition: bootable, of type 83h.
    sectors=$(($(stat -c %s "$partition") / 512))
    rm -f "$1"
    dd if="$grub_modules/boot.img" of="$1" bs=440 count=1 status=none
    dd if="$cache/grub.core" of="$1" bs=512 seek=1 conv=notrunc status=none
    dd if="$partition" of="$1" bs=1M seek=1 conv=notrunc,sparse status=none
    truncate -s $((sectors * 512 + (1 << 20))) "$1"
    printf "\\x80\\xfe\\xff\\xff\\x83\\xfe\\xff\\xff$(little_endian 2048)$(little_endian $sectors)" | dd of="$1" bs=1 seek=446 conv=notrunc status=none
    printf '\x55\xaa' | dd of="$1" bs=1 seek=510 conv=notrunc status=none
}

others_image() {
    local name names root=$cache/others-root libraries=$cache/others-libraries
    for name in libvirt-daemon bochs user-mode-linux grub-pc-bin; do
        require_candidate $name
    done
    rm -rf "$root" "$libraries"
    mkdir -p "$root" "$libraries"
    mapfile -t names < <(needed_packages grub-common grub-pc-bin)
    fetch_packages "${names[@]}"
    for name in "${names[@]}"; do
        package "$name"
        link_libraries "$unpacked" "$libraries"
    done
    boot_disk "$cache/disk.img" "$libraries"
    mapfile -t names < <(needed_packages qemu-system-x86 libvirt-daemon libvirt-clients libvirt-daemon-driver-qemu bochs bochs-term user-mode-linux)
    fetch_packages "${names[@]}"
    for name in "${names[@]}"; do
        package "$name"
        cp -a "$unpacked/." "$root/"
    done
    # What none of what is run here opens.
    rm -rf "$root"/usr/share/{doc,man,info,locale,icons,X11,perl,perl5,bash-completion,lintian} "$root"/usr/lib/{uml,perl,x86_64-linux-gnu/perl*,x86_64-linux-gnu/dri}
    rm -rf "$root"/usr/share/qemu/{hppa,opensbi,skiboot,openbios,slof,QEMU,u-boot,s390}* "$root"/usr/bin/{perl,qemu-storage-daemon,qemu-system-x86_64-microvm}* \
        "$root"/lib/x86_64-linux-gnu/security
    finish_root "$root"
    cp "$out/vmlinuz" "$out/test.cpio" "$cache/disk.img" "$root/guest/"
    disk "$root" "$out/others.img"
    rm -rf "$root" "$libraries"
}

xen_images() {
    local name names hypervisor version kernel0 release0 libraries=$cache/xen-libraries folder
    for name in xen-system-amd64 linux-image-amd64; do
        require_candidate $name
    done
    hypervisor=$(named_dependency xen-system-amd64 'xen-hypervisor-[0-9]')
    version=${hypervisor#xen-hypervisor-} version=${version%-amd64}
    package "$hypervisor"
    gzip -dc "$unpacked/boot/xen-$version-amd64.gz" > "$cache/xen.unpacked"
    keep_if_same "$cache/xen.unpacked" "$out/xen"
    name=$(named_dependency linux-image-amd64 'linux-image-[0-9]')
    package "$name"; kernel0=$unpacked release0=${name#linux-image-}
    keep_if_same "$kernel0/boot/vmlinuz-$release0" "$out/xen-vmlinuz"

    stage=$(new_stage)
    rm -rf "$libraries"
    folder=usr/lib/xen-$version
    mkdir -p "$stage"/{bin,guest,lib/x86_64-linux-gnu,lib64,usr/libexec,usr/share/seabios,usr/share/qemu/keymaps} "$stage/$folder"/{bin,boot} "$libraries"
    mapfile -t names < <(needed_packages "xen-utils-$version" qemu-system-xen)
    fetch_packages "${names[@]}"
    for name in "${names[@]}"; do
        package "$name"
        link_libraries "$unpacked" "$libraries"
        case ${name%%=*} in
        xen-utils-"$version")
            cp "$unpacked/$folder/bin"/{xl,xenstored,xenconsoled,xen-init-dom0,xenconsole} "$stage/$folder/bin/"
            cp "$unpacked/$folder/boot/hvmloader" "$stage/$folder/boot/"
            ;;
        qemu-system-xen) cp "$unpacked/usr/libexec/xen-qemu-system-i386" "$stage/usr/libexec/" ;;
        qemu-system-data)
            cp -L "$unpacked"/usr/share/qemu/{linuxboot,linuxboot_dma,kvmvapic}.bin "$stage/usr/share/qemu/"
            cp -L "$unpacked/usr/share/qemu/keymaps/en-us" "$stage/usr/share/qemu/keymaps/"
            ;;
        seabios) cp -L "$unpacked/usr/share/seabios/bios-256k.bin" "$stage/usr/share/seabios/" ;;
        esac
    done
    for name in "$stage/$folder/bin"/* "$stage"/usr/libexec/*; do
        copy_loaded_libraries "$name" "$libraries" "$stage/lib/x86_64-linux-gnu"
    done
    cp "$stage/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2" "$stage/lib64/"
    install_program "$busybox" "$stage/bin/busybox"
    install_program "$here/others/xen-init" "$stage/init"
    mkdir -p "$stage/lib/modules"
    for name in xen-privcmd xen-evtchn xen-gntdev xen-gntalloc xenfs/xenfs; do
        cp "$kernel0/lib/modules/$release0/kernel/drivers/xen/$name.ko" "$stage/lib/modules/"
    done
    cp "$out/vmlinuz" "$out/test.cpio" "$stage/guest/"
    rm -rf "$libraries"
    archive "$stage" "$out/xen.cpio"
}
