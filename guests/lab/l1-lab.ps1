# What the lab guest runs: Nestvisor as on a physical server. Its processor shows virtualization extensions, so the virtual machine
# runs on KVM.
$ErrorActionPreference = 'Stop'

New-VM -Name L2 -MemoryStartupBytes 192MB | Out-Null
Set-VMFirmware -VMName L2 -KernelPath /opt/nestvisor/guest/vmlinuz -InitialRamDiskPath /opt/nestvisor/guest/test.cpio `
    -KernelCommandLine 'console=ttyS0 quiet panic=-1 cryptomgr.notests name=L2 task=wait'

$clock = [System.Diagnostics.Stopwatch]::StartNew()
Start-VM -Name L2
Wait-VMConsoleText -VMName L2 -Pattern 'L2: waiting' -Timeout 400 | Out-Null
$seconds = $clock.Elapsed.TotalSeconds

Get-VMConsoleLog -VMName L2 | Where-Object { $_ -like 'L2: *' } | ForEach-Object { "console of $_" }
Get-VM -Name L2 | ForEach-Object { "L1: Get-VM: Name=$($_.Name) State=$($_.State) Engine=$($_.Engine)" }
'L1: L2 booted in {0:F1} seconds' -f $seconds

Stop-VM -Name L2 -TurnOff
Remove-VM -Name L2 -Force
