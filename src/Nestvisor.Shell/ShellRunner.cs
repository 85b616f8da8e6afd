using System.Management.Automation;
using Nestvisor.Shell.Editing;
using Nestvisor.Shell.Engine;
using Nestvisor.Shell.Hosting;
using Nestvisor.Shell.Options;

namespace Nestvisor.Shell;

/// <summary>Runs a session from its options to its exit code.</summary>
internal static class ShellRunner
{
    private const int UsageError = 64;

    /// <summary>Runs the session and returns the exit code of the process.</summary>
    public static int Run(ShellOptions options)
    {
        if (options.File is { } script)
        {
            try
            {
                // Before the engine starts: a wrong path should not cost its start-up.
                ScriptText.Check(Path.GetFullPath(script));
            }
            catch (ScriptFileException e)
            {
                Console.Error.WriteLine($"nestvisor: {e.Message}");
                return UsageError;
            }
        }

        var colours = TerminalColours.Wanted;
        var userInterface = new ShellUserInterface(Console.In, Console.Out, Console.Error, colours, options.NonInteractive);
        var host = new ShellHost(userInterface, Program.Version);
        PSStyle.Instance.OutputRendering = colours ? OutputRendering.Host : OutputRendering.PlainText;
        using var session = new ShellSession(host);
        ConsoleCancelEventHandler cancel = (_, e) => e.Cancel = session.Stop();
        Console.CancelKeyPress += cancel;
        try
        {
            Profile.Run(session, options.NoProfile);
            if (!session.Ended)
                RunWork(session, host, options);
            return session.ExitCode;
        }
        catch (ScriptFileException e)
        {
            Console.Error.WriteLine($"nestvisor: {e.Message}");
            return UsageError;
        }
        finally
        {
            Console.CancelKeyPress -= cancel;
        }
    }

    private static void RunWork(ShellSession session, ShellHost host, ShellOptions options)
    {
        var prompts = options.NoExit;
        if (options.File is { } file)
            session.RunFile(file, options.FileArguments);
        else if (options.Command is { } command)
            session.RunText(command);
        else if (options.CommandFromInput || Console.IsInputRedirected)
            InputScript.Run(session, Console.In);
        else
            prompts = true;

        if (prompts && !session.Ended)
            new PromptLoop(session, host, Console.IsInputRedirected ? null : new LineEditor(new ConsoleTerminal(), new SessionCompleter(session))).Run(banner: !options.NoLogo);
    }
}
