using System.Collections.ObjectModel;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using Nestvisor.Shell.Hosting;
using Nestvisor.Shell.Options;
using Nestvisor.Shell.Windows;

namespace Nestvisor.Shell.Engine;

/// <summary>One PowerShell session: runs commands one after the other, prints what they give, keeps the exit code.</summary>
internal sealed class ShellSession : IDisposable
{
    private const int Failure = 1;
    private readonly ShellHost _host;
    private readonly Runspace _runspace;
    private readonly Lock _running = new();
    private Pipeline? _pipeline;
    private bool _stopWanted;

    /// <summary>Opens the session.</summary>
    public ShellSession(ShellHost host)
    {
        _host = host;
        ModulePath.Prepare();
        UnknownCommand.Install();
        AngleBrackets.Install();
        WindowsTypes.Install();
        var state = InitialSessionState.CreateDefault2();
        if (Directory.Exists(ModulePath.HyperV))
            state.ImportPSModule([ModulePath.HyperV]);
        WindowsCommands.AddTo(state);
        _runspace = RunspaceFactory.CreateRunspace(host, state);
        _runspace.ThreadOptions = PSThreadOptions.UseCurrentThread;
        _runspace.Open();
        Runspace.DefaultRunspace = _runspace;
        UnknownCommand.Watch(_runspace);
    }

    /// <summary>The runspace, for completion and history.</summary>
    public Runspace Runspace => _runspace;

    /// <summary>The session was told to end.</summary>
    public bool Ended => _host.ExitCode is not null;

    /// <summary>The exit code: that of <c>exit</c>, else 1 when the last command failed.</summary>
    public int ExitCode => _host.ExitCode ?? (LastFailed ? Failure : 0);

    private bool LastFailed { get; set; }

    /// <summary>Runs source text, as typed at the prompt or given to <c>-Command</c>.</summary>
    // In the history, like all that a user enters: for other pipelines the engine puts $? back to what it was before.
    public void RunText(string text) => Run(() => _runspace.CreatePipeline(text, addToHistory: true));

    /// <summary>Runs a script file with the words that follow it on the command line.</summary>
    /// <exception cref="ScriptFileException">The file cannot be run.</exception>
    public void RunFile(string path, IReadOnlyList<string> arguments)
    {
        var full = Path.GetFullPath(path);
        ScriptText.Check(full);
        EngineInternals.LetScriptExitReachHost(_runspace);
        Run(() =>
        {
            var pipeline = _runspace.CreatePipeline();
            // Without the extension the engine would take the file for a native program; it is still a script.
            var command = full.EndsWith(".ps1", StringComparison.OrdinalIgnoreCase)
                ? new Command(full, isScript: false, useLocalScope: false)
                : new Command(File.ReadAllText(full), isScript: true, useLocalScope: false);
            FileArguments.Bind(command, arguments);
            pipeline.Commands.Add(command);
            return pipeline;
        });
    }

    /// <summary>Runs <paramref name="text"/> and returns what it gives, without printing; null when it failed.</summary>
    public Collection<PSObject>? Evaluate(string text)
    {
        try
        {
            using var pipeline = _runspace.CreatePipeline(text);
            return pipeline.Invoke();
        }
        catch (RuntimeException)
        {
            return null;
        }
    }

    /// <summary>Ctrl-C never ends the session, as at a prompt.</summary>
    public bool Interactive { get; set; }

    /// <summary>Stops what runs, or at a prompt what is about to (Ctrl-C). Returns false when there is nothing to stop.</summary>
    public bool Stop()
    {
        lock (_running)
        {
            _stopWanted = Interactive;
            _pipeline?.StopAsync();
            return Interactive || _pipeline is not null;
        }
    }

    /// <summary>Forgets a Ctrl-C: a new line is about to be read.</summary>
    public void ForgetStop()
    {
        lock (_running)
            _stopWanted = false;
    }

    /// <inheritdoc/>
    public void Dispose() => _runspace.Dispose();

    private void Run(Func<Pipeline> create)
    {
        try
        {
            using var pipeline = create();
            foreach (var command in pipeline.Commands)
                command.MergeMyResults(PipelineResultTypes.Error, PipelineResultTypes.Output);
            pipeline.Commands.Add(new Command("Out-Default", isScript: false, useLocalScope: true));
            lock (_running)
            {
                if (_stopWanted)
                    throw new PipelineStoppedException();
                _pipeline = pipeline;
            }

            pipeline.Invoke();
            LastFailed = _runspace.SessionStateProxy.GetVariable("?") is false;
        }
        catch (Exception e) when (e is PipelineStoppedException or InvalidPipelineStateException)
        {
            // The second when the stop came before the start.
            LastFailed = true;
        }
        catch (RuntimeException e)
        {
            LastFailed = true;
            Report(e);
        }
        finally
        {
            lock (_running)
                _pipeline = null;
        }
    }

    private void Report(RuntimeException error)
    {
        // Of a text that breaks off the formatter shows nothing, since a prompt would read on.
        if (error is IncompleteParseException)
        {
            _host.UI.WriteErrorLine($"ParserError: {error.Message}");
            return;
        }

        // The record goes to the host by the same formatter as every other error, so that it looks the same.
        try
        {
            using var pipeline = _runspace.CreatePipeline();
            var record = PSObject.AsPSObject(error.ErrorRecord);
            EngineInternals.MarkAsError(record);
            pipeline.Commands.Add(new Command("Out-Default"));
            pipeline.Input.Write(record);
            pipeline.Input.Close();
            pipeline.Invoke();
        }
        catch (RuntimeException)
        {
            _host.UI.WriteErrorLine(error.Message);
        }
    }
}
