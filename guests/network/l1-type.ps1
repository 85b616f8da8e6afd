# Run in L1 by the tests of networks: types a line at L2's console, and says what L2 has printed last once the line has ended.
param([int] $Number, [string] $Line)
$ErrorActionPreference = 'Stop'

# The quotes tell the line as it is typed from what it prints.
Send-VMConsoleText -VMName L2 "$Line; echo 'end of' $Number"
Wait-VMConsoleText -VMName L2 -Pattern "^end of $Number`$" -Timeout 60 | Out-Null
Get-VMConsoleLog -VMName L2 -Tail 10 | ForEach-Object { "console of L2: $_" }
"L1: typed $Number"
