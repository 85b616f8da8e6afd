@{
    NestedModules        = @('Nestvisor.PowerShell.Networking.dll')
    ModuleVersion        = '1.0.0.0'
    CompatiblePSEditions = @('Core')
    GUID                 = '5b1c2e79-6f0a-4f7c-8a35-e0f7d1b2c403'
    Author               = 'The Nestvisor authors'
    CompanyName          = 'Nestvisor'
    Copyright            = 'Copyright (c) 2026 The Nestvisor authors'
    Description          = "Windows' commands on IP addresses, interfaces and routes, for Linux."
    PowerShellVersion    = '7.6'
    FormatsToProcess     = @('NetTCPIP.format.ps1xml')
    FunctionsToExport    = @()
    VariablesToExport    = @()
    AliasesToExport      = @()
    CmdletsToExport      = @(
        'Get-NetIPAddress'
        'Get-NetIPInterface'
        'Get-NetRoute'
        'New-NetIPAddress'
        'New-NetRoute'
        'Remove-NetIPAddress'
        'Remove-NetRoute'
        'Set-NetIPAddress'
        'Set-NetIPInterface'
        'Test-NetConnection'
    )
}
