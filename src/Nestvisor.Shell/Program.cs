using System.Globalization;
using System.Reflection;
using System.Text;
using Nestvisor.Shell.Hosting;
using Nestvisor.Shell.Options;

namespace Nestvisor.Shell;

/// <summary>Entry point of <c>nestvisor</c>.</summary>
internal static class Program
{
    /// <summary>A command line that cannot be followed, as in <c>pwsh</c> (sysexits.h: EX_USAGE).</summary>
    private const int UsageError = 64;

    private static int Main(string[] arguments)
    {
        // Before the engine is touched: it reads this once, and would otherwise write an id for telemetry to the user's home.
        Environment.SetEnvironmentVariable("POWERSHELL_TELEMETRY_OPTOUT", "1");
        ShellOptions options;
        try
        {
            options = OptionParser.Parse(arguments);
        }
        catch (OptionException e)
        {
            Console.Error.WriteLine($"nestvisor: {e.Message}");
            Console.Error.WriteLine("Run 'nestvisor --help' for the options.");
            return UsageError;
        }

        if (options.Version)
        {
            Console.Out.WriteLine($"Nestvisor {Version} (PowerShell engine {EngineVersion})");
            return 0;
        }

        if (options.Help)
        {
            Console.Out.Write(Usage.Text);
            return 0;
        }

        if (options.WorkingDirectory is { } folder)
        {
            if (!Directory.Exists(folder))
            {
                Console.Error.WriteLine($"nestvisor: there is no folder '{folder}' (-WorkingDirectory).");
                return UsageError;
            }

            Environment.CurrentDirectory = folder;
        }

        Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        CultureInfo.CurrentCulture = CultureInfo.DefaultThreadCurrentCulture = new ShellCulture();
        return ShellRunner.Run(options);
    }

    /// <summary>The product's version.</summary>
    internal static Version Version { get; } = typeof(Program).Assembly.GetName().Version ?? new Version(0, 0);

    private static string EngineVersion => typeof(Program).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .FirstOrDefault(a => a.Key == "PowerShellEngine")?.Value ?? "unknown";
}
