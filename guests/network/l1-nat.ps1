# Run in L1 by the tests of networks: NAT for nested machines with the lines of Microsoft's page, as printed there, and L2 behind it, which is
# a lab guest. IPv6 needs no translation: L1 is a router.
$ErrorActionPreference = 'Stop'
New-VMSwitch -Name VmNAT -SwitchType Internal | Out-Null
New-NetNat –Name LocalNAT –InternalIPInterfaceAddressPrefix “192.168.100.0/24” | Out-Null
Get-NetAdapter "vEthernet (VmNat)" | New-NetIPAddress -IPAddress 192.168.100.1 -AddressFamily IPv4 -PrefixLength 24 | Out-Null
New-NetIPAddress -InterfaceAlias 'vEthernet (VmNat)' -IPAddress fd00:100::1 -PrefixLength 64 | Out-Null
Set-NetIPInterface -InterfaceAlias 'vEthernet (VmNat)', eth0 -AddressFamily IPv6 -Forwarding Enabled
[System.IO.File]::Copy('/dev/vda', '/tmp/nestvisor.img')
[System.IO.File]::Copy('/dev/vdb', '/tmp/network.img')
New-VM -Name L2 -MemoryStartupBytes 640MB -SwitchName VmNAT | Out-Null
Set-VMFirmware -VMName L2 -KernelPath /opt/network/guest/vmlinuz -InitialRamDiskPath /opt/nestvisor/guest/l1.cpio `
    -KernelCommandLine 'console=ttyS0 quiet panic=-1 cryptomgr.notests name=L2 task=network'
Add-VMHardDiskDrive -VMName L2 -Path /tmp/nestvisor.img -ReadOnly
Add-VMHardDiskDrive -VMName L2 -Path /tmp/network.img -ReadOnly
Start-VM -Name L2
Wait-VMConsoleText -VMName L2 -Pattern 'L2: ready' -Timeout 400 | Out-Null
Send-VMConsoleText -VMName L2 'nestvisor -File /opt/network/l2-page.ps1'
Wait-VMConsoleText -VMName L2 -Pattern 'L2: configured.*' -Timeout 400
Add-NetNatStaticMapping -NatName LocalNAT -Protocol TCP -ExternalIPAddress 0.0.0.0 -ExternalPort 8080 -InternalIPAddress 192.168.100.2 -InternalPort 80 | Out-Null
"L1: L2 runs on $((Get-VM -Name L2).Engine)"
