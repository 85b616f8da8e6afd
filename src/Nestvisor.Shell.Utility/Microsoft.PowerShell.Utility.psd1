@{
    GUID                 = '6a1f0c7e-93e2-4b0f-8f5c-0d6cf2a5b7d2'
    Author               = 'The Nestvisor authors'
    CompanyName          = 'Nestvisor'
    Copyright            = 'Copyright (c) 2026 The Nestvisor authors'
    Description          = "Nestvisor's own versions of PowerShell's everyday commands over objects, text and output."
    ModuleVersion        = '7.0.0.0'
    CompatiblePSEditions = @('Core')
    RootModule           = 'Nestvisor.Shell.Utility.dll'
    FunctionsToExport    = @()
    VariablesToExport    = @()
    AliasesToExport      = @()
    CmdletsToExport      = @(
        'Add-Member', 'Compare-Object', 'ConvertFrom-Json', 'ConvertTo-Json', 'Format-Custom', 'Format-List', 'Format-Table', 'Format-Wide',
        'Get-Alias', 'Get-Date', 'Get-Host', 'Get-Member', 'Get-Random', 'Get-Unique', 'Get-Variable', 'Group-Object', 'Invoke-Expression',
        'Measure-Command', 'Measure-Object', 'New-Alias', 'New-Guid', 'New-Object', 'New-TimeSpan', 'New-Variable', 'Out-File', 'Out-String',
        'Read-Host', 'Remove-Variable', 'Select-Object', 'Select-String', 'Set-Alias', 'Set-Variable', 'Sort-Object', 'Start-Sleep', 'Tee-Object', 'Write-Debug',
        'Write-Error', 'Write-Host', 'Write-Information', 'Write-Output', 'Write-Progress', 'Write-Verbose', 'Write-Warning')
}
