using System.Management.Automation;
using System.Management.Automation.Runspaces;

// bare-host: runs the script that it reads, writes each object as a line, and errors with their identifiers to the error output.
using Runspace runspace = RunspaceFactory.CreateRunspace(InitialSessionState.CreateDefault2());
runspace.Open();
using PowerShell shell = PowerShell.Create(runspace);
try
{
    foreach (PSObject? output in shell.AddScript(Console.In.ReadToEnd()).Invoke())
    {
        Console.Out.WriteLine(output?.ToString());
    }
}
catch (RuntimeException error)
{
    Console.Error.WriteLine($"{error.ErrorRecord.FullyQualifiedErrorId}: {error.Message}");
    return 1;
}

foreach (ErrorRecord error in shell.Streams.Error)
{
    Console.Error.WriteLine($"{error.FullyQualifiedErrorId}: {error.Exception.Message}");
}

return shell.HadErrors ? 1 : 0;
