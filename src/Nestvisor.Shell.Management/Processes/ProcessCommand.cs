using System.ComponentModel;
using System.Diagnostics;
using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

/// <summary>What the cmdlets over processes share: which processes are meant.</summary>
public abstract class ProcessCommand : PSCmdlet
{
    /// <summary>Processes by name; wildcards are allowed.</summary>
    private protected IEnumerable<Process> ByName(string[] names, string notFound)
    {
        foreach (var name in names)
        {
            var pattern = WildcardPattern.Get(name, WildcardOptions.IgnoreCase);
            var found = Process.GetProcesses().Where(p => pattern.IsMatch(p.ProcessName)).OrderBy(p => p.ProcessName, StringComparer.OrdinalIgnoreCase).ToList();
            if (found.Count == 0 && !WildcardPattern.ContainsWildcardCharacters(name))
                Missing($"Cannot find a process with the name \"{name}\". Verify the process name and call the cmdlet again.", notFound + "GivenName", name);
            foreach (var process in found)
                yield return process;
        }
    }

    /// <summary>Processes by id.</summary>
    private protected IEnumerable<Process> ById(int[] ids, string notFound)
    {
        foreach (var id in ids)
        {
            Process? process = null;
            try
            {
                process = Process.GetProcessById(id);
            }
            catch (ArgumentException)
            {
                Missing($"Cannot find a process with the process identifier {id}.", notFound + "GivenId", id);
            }

            if (process is not null)
                yield return process;
        }
    }

    /// <summary>Reports what the operating system refuses.</summary>
    private protected void Report(Exception error, string id, Process process)
        => WriteError(new ErrorRecord(error, id, error is Win32Exception ? ErrorCategory.PermissionDenied : ErrorCategory.CloseError, process));

    private void Missing(string message, string id, object target)
        => WriteError(new ErrorRecord(new InvalidOperationException(message), id, ErrorCategory.ObjectNotFound, target));
}
