@{
    NestedModules        = @('../NetTCPIP/Nestvisor.PowerShell.Networking.dll')
    ModuleVersion        = '1.0.0.0'
    CompatiblePSEditions = @('Core')
    GUID                 = 'c0d5e8f2-7a64-4e19-b3a6-1f5d9c8e7b04'
    Author               = 'The Nestvisor authors'
    CompanyName          = 'Nestvisor'
    Copyright            = 'Copyright (c) 2026 The Nestvisor authors'
    Description          = "Windows' commands on DNS servers, for Linux."
    PowerShellVersion    = '7.6'
    FormatsToProcess     = @('DnsClient.format.ps1xml')
    FunctionsToExport    = @()
    VariablesToExport    = @()
    AliasesToExport      = @()
    CmdletsToExport      = @(
        'Get-DnsClientServerAddress'
        'Set-DnsClientServerAddress'
    )
}
