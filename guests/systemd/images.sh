# The images of the guest with systemd. To be sourced by guests/build.sh, whose functions and variables it uses.
#   systemd.cpio   its initial RAM disk: busybox, the modules that reach the disk, and an init that hands over to systemd
#   systemd.img    its disk: Debian with systemd and all the usual programs that configure interfaces, none of them enabled

# What the packages above would bring and nothing here runs: mostly what only their maintainers' scripts need.
systemd_unwanted='^(perl.*|libperl.*|lib.*-perl|libgdbm.*|dpkg|tar|usrmerge|debconf|adduser|passwd|init-system-helpers|gcc-12-base|xml-core|sgml-base|polkitd|libduktape.*|libpam-runtime|libpam-systemd|dbus-session-bus-common|busybox|libicu.*)$'

systemd_images() {
    local stage
    stage=$(new_stage)
    install_program "$busybox" "$stage/bin/busybox"
    install_program "$here/systemd/init" "$stage/init"
    install_modules "$stage/lib/modules" "${disk_modules[@]}" fs/overlayfs/overlay
    archive "$stage" "$out/systemd.cpio"
    systemd_disk
}

systemd_disk() {
    local stage folder name names program units
    require_candidate systemd-resolved
    mapfile -t names < <(needed_packages systemd systemd-sysv systemd-resolved udev dbus kmod network-manager ifupdown isc-dhcp-client dhcpcd-base \
        udhcpc iproute2 nftables dnsmasq-base iputils-ping procps bash dash coreutils findutils grep hostname libc-bin bsdutils util-linux libstdc++6)
    fetch_packages "${names[@]}"

    # The roots of the packages lie over each other; in /bin, /sbin and /lib too they are one folder each with those below /usr.
    stage=$(new_stage)
    mkdir -p "$stage"/usr/{bin,sbin,lib,lib32,lib64,libx32}
    for name in bin sbin lib lib64; do
        ln -s "usr/$name" "$stage/$name"
    done
    for name in "${names[@]}"; do
        [[ ! ${name%%=*} =~ $systemd_unwanted ]] || continue
        package "$name"
        if [ "${name%%=*}" = systemd-resolved ]; then
            (cd "$unpacked" && find . -path ./usr/share/doc -prune -o ! -type d -printf '%P\n' | sort) > "$stage/resolved.files"
        fi
        (cd "$unpacked" && find . \( -path './usr/share/doc' -o -path './usr/share/man' -o -path './usr/share/locale' -o -path './usr/share/info' \
            -o -path './usr/share/bash-completion' -o -path './usr/share/zsh' -o -path './usr/share/lintian' -o -path './usr/share/bug' \
            -o -path '*/udev/hwdb.d' -o -path '*/systemd/catalog' -o -path './usr/lib/x86_64-linux-gnu/gconv' -o -path './usr/share/polkit-1' \
            -o -path './etc/init.d' \) -prune -o ! -type d -print0 | tar -cf - --null -T -) | tar -C "$stage" --keep-directory-symlink -xf -
    done
    mkdir -p "$stage"/{dev,proc,sys,run,tmp,root,opt/nestvisor,var/{lib/{dhcp,NetworkManager},log,tmp},etc/network/if-{up,down,pre-up,post-down}.d,etc/NetworkManager/{conf.d,system-connections}}
    chmod 1777 "$stage"/{tmp,var/tmp}
    chmod 700 "$stage/etc/NetworkManager/system-connections"
    ln -s ../run "$stage/var/run"
    ln -s mawk "$stage/usr/bin/awk"
    install_program "$busybox" "$stage/usr/bin/busybox"
    [ -e "$stage/usr/sbin/init" ] && [ -e "$stage/usr/sbin/NetworkManager" ] && [ -e "$stage/usr/bin/resolvectl" ] \
        || fail "Debian's packages have no init, NetworkManager or resolvectl any more."

    # What the maintainers' scripts would write.
    cp -r "$here/systemd/etc/." "$stage/etc/"
    units=$stage/etc/systemd/system
    mkdir -p "$units/multi-user.target.wants"
    ln -s /lib/systemd/system/multi-user.target "$units/default.target"
    ln -s ../tasks.service ../nestvisor.service "$units/multi-user.target.wants/"
    # Adapters keep the kernel's names, and what neither this guest nor its managers need takes no time.
    mkdir -p "$stage/etc/systemd/network"
    ln -s /dev/null "$stage/etc/systemd/network/99-default.link"
    for name in getty.target systemd-logind.service systemd-ask-password-wall.path systemd-ask-password-console.path systemd-update-utmp.service \
        systemd-update-utmp-runlevel.service systemd-random-seed.service systemd-hwdb-update.service systemd-journal-flush.service \
        systemd-journal-catalog-update.service systemd-machine-id-commit.service systemd-firstboot.service systemd-sysusers.service \
        systemd-update-done.service systemd-remount-fs.service systemd-pstore.service systemd-boot-system-token.service systemd-binfmt.service \
        proc-sys-fs-binfmt_misc.automount dev-hugepages.mount dev-mqueue.mount sys-kernel-debug.mount sys-kernel-tracing.mount \
        sys-kernel-config.mount sys-fs-fuse-connections.mount systemd-tmpfiles-clean.timer timers.target remote-fs.target \
        modprobe@configfs.service modprobe@dm_mod.service modprobe@drm.service modprobe@efi_pstore.service modprobe@fuse.service modprobe@loop.service systemd-user-sessions.service; do
        ln -s /dev/null "$units/$name"
    done

    # With what depends on what, so that udev, the kernel and modprobe find by themselves what they need.
    folder=$stage/lib/modules/$release
    for name in net/{802,8021q,bridge,core,ipv4,ipv6,llc,netfilter,packet,sched} lib crypto; do
        [ ! -d "$modules/$name" ] || { mkdir -p "$folder/kernel/$name" && cp -r "$modules/$name/." "$folder/kernel/$name/"; }
    done
    mkdir -p "$folder/kernel/drivers/"{net,block,virtio} "$folder/kernel/"{fs/{overlayfs,autofs},virt/lib,arch/x86/kvm}
    cp "$modules"/drivers/net/{dummy,ifb,macvlan,net_failover,tap,tun,veth,virtio_net}.ko "$folder/kernel/drivers/net/"
    for name in "${disk_modules[@]}" "${kvm_modules[@]}" fs/overlayfs/overlay fs/autofs/autofs4; do
        cp "$modules/$name.ko" "$folder/kernel/$name.ko"
    done
    cp "$modules"/../modules.{builtin,builtin.modinfo,order} "$folder/"
    # kmod's own, since busybox's does not write the indexes that libkmod reads.
    "$stage/lib64/ld-linux-x86-64.so.2" --library-path "$stage/lib/x86_64-linux-gnu" --argv0 depmod "$stage/bin/kmod" -b "$stage" "$release"
    disk "$stage" "$out/systemd.img"
}
