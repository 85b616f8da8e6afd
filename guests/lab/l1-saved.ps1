# Run in L1 by the tests of saved machines: L2 is saved on the Kvm engine, twice, while L3 counts in it, and goes on.
$ErrorActionPreference = 'Stop'
[System.IO.File]::Copy('/dev/vda', '/tmp/nestvisor.img')
New-VM -Name L2 -MemoryStartupBytes 640MB | Out-Null
Set-VMProcessor -VMName L2 -ExposeVirtualizationExtensions $true
Set-VMFirmware -VMName L2 -KernelPath /opt/nestvisor/guest/vmlinuz -InitialRamDiskPath /opt/nestvisor/guest/l1.cpio `
    -KernelCommandLine 'console=ttyS0 quiet panic=-1 cryptomgr.notests name=L2 task=nest last=count seconds=15'
Add-VMHardDiskDrive -VMName L2 -Path /tmp/nestvisor.img -ReadOnly
Start-VM -Name L2
foreach ($number in 20, 100) {
    Wait-VMConsoleText -VMName L2 -Pattern "^L3: count $number$" -Timeout 300 | Out-Null
    Save-VM -Name L2
    "L1: L2 is $((Get-VM -Name L2).State)"
    Start-VM -Name L2
    "L1: L2 is $((Get-VM -Name L2).State) on $((Get-VM -Name L2).Engine)"
}
Wait-VM -Name L2 -For Off -Timeout 300
Get-VMConsoleLog -VMName L2 | ForEach-Object { "console of $_" }
