# Run in L2 by the tests of networks: the lines of Microsoft's page for the nested machine, as printed there, with the name server put in.
$ErrorActionPreference = 'Stop'
Rename-NetAdapter eth0 'vEthernet (VmNat)'
Get-NetAdapter "vEthernet (VmNat)" | New-NetIPAddress -IPAddress 192.168.100.2 -DefaultGateway 192.168.100.1 -AddressFamily IPv4 -PrefixLength 24 | Out-Null
Netsh interface ip add dnsserver “vEthernet (VmNat)” address=10.50.0.1
New-NetIPAddress -InterfaceAlias 'vEthernet (VmNat)' -IPAddress fd00:100::2 -PrefixLength 64 -DefaultGateway fd00:100::1 | Out-Null
"L2: configured, $((Get-NetIPAddress -InterfaceAlias 'vEthernet (VmNat)' -AddressFamily IPv4).IPAddress) by $((Get-NetRoute -DestinationPrefix 0.0.0.0/0).NextHop)"
