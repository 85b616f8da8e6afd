@{
    NestedModules        = @('../NetTCPIP/Nestvisor.PowerShell.Networking.dll')
    ModuleVersion        = '1.0.0.0'
    CompatiblePSEditions = @('Core')
    GUID                 = 'e7a3b6d1-4c92-4d08-9e57-8b2f6a1d3c05'
    Author               = 'The Nestvisor authors'
    CompanyName          = 'Nestvisor'
    Copyright            = 'Copyright (c) 2026 The Nestvisor authors'
    Description          = "The part of Windows' netsh that sets addresses and DNS servers, for Linux."
    PowerShellVersion    = '7.6'
    FormatsToProcess     = @()
    FunctionsToExport    = @()
    VariablesToExport    = @()
    AliasesToExport      = @('netsh')
    CmdletsToExport      = @(
        'Invoke-Netsh'
    )
}
