# Run in L1 by the tests of networks: NAT for nested machines with the lines of Microsoft's page, as printed there, and L2 behind it.
$ErrorActionPreference = 'Stop'
New-VMSwitch -Name VmNAT -SwitchType Internal | Out-Null
New-NetNat –Name LocalNAT –InternalIPInterfaceAddressPrefix “192.168.100.0/24” | Out-Null
Get-NetAdapter "vEthernet (VmNat)" | New-NetIPAddress -IPAddress 192.168.100.1 -AddressFamily IPv4 -PrefixLength 24 | Out-Null
New-VM -Name L2 -MemoryStartupBytes 160MB -SwitchName VmNAT | Out-Null
Set-VMFirmware -VMName L2 -KernelPath /opt/network/guest/vmlinuz -InitialRamDiskPath /opt/network/guest/net.cpio `
    -KernelCommandLine 'console=ttyS0 quiet panic=-1 cryptomgr.notests name=L2'
Start-VM -Name L2
Wait-VMConsoleText -VMName L2 -Pattern 'L2: ready' -Timeout 400 | Out-Null
Send-VMConsoleText -VMName L2 'ip address add 192.168.100.2/24 dev eth0 && ip route add default via 192.168.100.1 && echo addressed'
Wait-VMConsoleText -VMName L2 -Pattern 'addressed' -Timeout 100 | Out-Null
Send-VMConsoleText -VMName L2 'wget -q -O - http://10.50.0.1/hello'
Wait-VMConsoleText -VMName L2 -Pattern 'hello of .*' -Timeout 100 | ForEach-Object { "console of L2: $_" }
Send-VMConsoleText -VMName L2 'ping -c 2 10.50.0.1'
Wait-VMConsoleText -VMName L2 -Pattern '2 packets received' -Timeout 100 | ForEach-Object { "console of L2: $_" }
Add-NetNatStaticMapping -NatName LocalNAT -Protocol TCP -ExternalIPAddress 0.0.0.0 -ExternalPort 8080 -InternalIPAddress 192.168.100.2 -InternalPort 80 | Out-Null
"L1: L2 runs on $((Get-VM -Name L2).Engine)"
