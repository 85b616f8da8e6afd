using System.Collections;
using System.ComponentModel;
using System.Diagnostics;
using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

/// <summary>Start-Process: starts a program.</summary>
[Cmdlet(VerbsLifecycle.Start, "Process", SupportsShouldProcess = true, DefaultParameterSetName = "Default")]
[OutputType(typeof(Process))]
public sealed class StartProcessCommand : PSCmdlet
{
    private readonly CancellationTokenSource _stop = new();

    /// <summary>The program.</summary>
    [Parameter(Position = 0, Mandatory = true)]
    [Alias("PSPath", "Path")]
    [ValidateNotNullOrEmpty]
    public string FilePath { get; set; } = string.Empty;

    /// <summary>Its arguments. As in PowerShell they are joined with spaces: quote those that have spaces in them.</summary>
    [Parameter(Position = 1)]
    [Alias("Args")]
    public string[] ArgumentList { get; set; } = [];

    /// <summary>The folder it starts in.</summary>
    [Parameter]
    public string? WorkingDirectory { get; set; }

    /// <summary>Write the process.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <summary>Wait until it has ended.</summary>
    [Parameter]
    public SwitchParameter Wait { get; set; }

    /// <summary>In this terminal; on Linux it always is.</summary>
    [Parameter]
    [Alias("nnw")]
    public SwitchParameter NoNewWindow { get; set; }

    /// <summary>A file its input is read from.</summary>
    [Parameter]
    [Alias("RSI")]
    public string? RedirectStandardInput { get; set; }

    /// <summary>A file its output goes to.</summary>
    [Parameter]
    [Alias("RSO")]
    public string? RedirectStandardOutput { get; set; }

    /// <summary>A file its errors go to.</summary>
    [Parameter]
    [Alias("RSE")]
    public string? RedirectStandardError { get; set; }

    /// <summary>With a new login's environment: only what is always there.</summary>
    [Parameter]
    public SwitchParameter UseNewEnvironment { get; set; }

    /// <summary>Variables to set, or with a null value to remove.</summary>
    [Parameter]
    public Hashtable? Environment { get; set; }

    /// <summary>Refused: Linux has no verbs of files.</summary>
    [Parameter(ParameterSetName = "UseShellExecute")]
    public string? Verb { get; set; }

    /// <summary>Refused: a terminal has no windows.</summary>
    [Parameter]
    public ProcessWindowStyle WindowStyle { get; set; }

    /// <summary>Refused: use sudo.</summary>
    [Parameter(ParameterSetName = "Default")]
    [Credential]
    public PSCredential? Credential { get; set; }

    /// <summary>Refused: profiles are Windows'.</summary>
    [Parameter(ParameterSetName = "Default")]
    [Alias("Lup")]
    public SwitchParameter LoadUserProfile { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        Refuse(nameof(Verb), "Linux has no verbs of files.");
        Refuse(nameof(WindowStyle), "a terminal has no windows.");
        Refuse(nameof(Credential), "use sudo or runuser as the program.");
        Refuse(nameof(LoadUserProfile), "there are no user profiles to load on Linux.");

        var start = new ProcessStartInfo(Resolve(FilePath), string.Join(' ', ArgumentList))
        {
            UseShellExecute = false,
            WorkingDirectory = WorkingDirectory is null
                ? SessionState.Path.CurrentFileSystemLocation.ProviderPath
                : GetUnresolvedProviderPathFromPSPath(WorkingDirectory),
        };
        if (!Directory.Exists(start.WorkingDirectory))
            Fail(new DirectoryNotFoundException($"There is no folder '{start.WorkingDirectory}' to start in."), ErrorCategory.ObjectNotFound);
        Redirect(start);
        SetEnvironment(start);
        if (!ShouldProcess(start.FileName + (start.Arguments.Length > 0 ? " " + start.Arguments : string.Empty)))
            return;
        Run(start);
    }

    /// <inheritdoc/>
    protected override void StopProcessing() => _stop.Cancel();

    // The shell opens the files and becomes the program, which then needs nobody to copy its output.
    private void Redirect(ProcessStartInfo start)
    {
        if (RedirectStandardInput is null && RedirectStandardOutput is null && RedirectStandardError is null)
            return;
        if (RedirectStandardOutput is not null && RedirectStandardOutput == RedirectStandardError)
            Fail(new InvalidOperationException("-RedirectStandardOutput and -RedirectStandardError name the same file. Give each its own."), ErrorCategory.InvalidOperation);
        var script = "exec \"$0\" " + start.Arguments;
        if (RedirectStandardInput is not null)
            script += " <" + Quote(Existing(RedirectStandardInput));
        if (RedirectStandardOutput is not null)
            script += " >" + Quote(GetUnresolvedProviderPathFromPSPath(RedirectStandardOutput));
        if (RedirectStandardError is not null)
            script += " 2>" + Quote(GetUnresolvedProviderPathFromPSPath(RedirectStandardError));
        var program = start.FileName;
        start.FileName = "/bin/sh";
        start.Arguments = string.Empty;
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add(script);
        start.ArgumentList.Add(program);
    }

    private string Existing(string path)
    {
        var native = GetUnresolvedProviderPathFromPSPath(path);
        if (!File.Exists(native))
            Fail(new FileNotFoundException($"There is no file '{native}' to read from (-RedirectStandardInput)."), ErrorCategory.ObjectNotFound);
        return native;
    }

    private static string Quote(string path) => "'" + path.Replace("'", "'\\''", StringComparison.Ordinal) + "'";

    private void SetEnvironment(ProcessStartInfo start)
    {
        if (UseNewEnvironment)
        {
            foreach (var name in start.Environment.Keys.Where(n => n is not ("PATH" or "HOME" or "USER" or "LOGNAME" or "SHELL" or "TERM" or "LANG")).ToList())
                start.Environment.Remove(name);
        }

        foreach (DictionaryEntry entry in Environment ?? [])
        {
            var name = entry.Key.ToString()!;
            if (entry.Value is null)
                start.Environment.Remove(name);
            else
                start.Environment[name] = entry.Value.ToString();
        }
    }

    private void Run(ProcessStartInfo start)
    {
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (Exception e) when (e is Win32Exception or InvalidOperationException)
        {
            Fail(new InvalidOperationException($"This command cannot be run due to the error: {e.Message}", e), ErrorCategory.InvalidOperation);
            return;
        }

        if (PassThru)
            WriteObject(process);
        if (!Wait)
            return;
        try
        {
            process.WaitForExitAsync(_stop.Token).GetAwaiter().GetResult();
        }
        catch (OperationCanceledException)
        {
            // Ctrl-C ends the wait, not the program; the terminal tells the program itself.
        }
    }

    private string Resolve(string program)
    {
        if (program.Contains('/', StringComparison.Ordinal))
            return GetUnresolvedProviderPathFromPSPath(program);
        return InvokeCommand.GetCommand(program, CommandTypes.Application) is ApplicationInfo found ? found.Path : program;
    }

    private void Refuse(string parameter, string reason)
    {
        if (MyInvocation.BoundParameters.ContainsKey(parameter))
            Fail(new PSNotSupportedException($"Start-Process does not support -{parameter} in this shell: {reason}"), ErrorCategory.NotImplemented);
    }

    private void Fail(Exception error, ErrorCategory category)
        => ThrowTerminatingError(new ErrorRecord(error, error is PSNotSupportedException ? "ParameterNotSupported" : "InvalidOperationException", category, FilePath));
}
