using System.Globalization;
using Nestvisor.Api;
using Nestvisor.Api.Errors;

namespace Nestvisor.Management.Hosting;

/// <summary>The service's command line.</summary>
internal sealed record ServiceOptions
{
    /// <summary>What --help prints.</summary>
    public const string Help =
        """
        nestvisor-service: keeps Nestvisor's virtual machines and runs them. nestvisor and the Hyper-V module start it when they need it.

        Usage: nestvisor-service [run|start] [options]

          run                     Serve until a signal, or until idle. The default.
          start                   Start a service of its own in the background and return when it listens.
          --state FOLDER          Folder of the configurations (else NESTVISOR_STATE).
          --runtime FOLDER        Folder of the sockets (else NESTVISOR_RUNTIME).
          --idle-timeout SECONDS  End after so long without a request or a running virtual machine; 0 for never. Default: 300.
          --version               Print the version.
          --help                  Print this.
        """;

    private const int DefaultIdleSeconds = 300;

    /// <summary>What to do.</summary>
    public required ServiceCommand Command { get; init; }

    /// <summary>The service's folders.</summary>
    public required NestvisorPaths Paths { get; init; }

    /// <summary>Time without work after which the service ends; zero for never.</summary>
    public required TimeSpan IdleTimeout { get; init; }

    /// <summary>Reads a command line.</summary>
    /// <param name="arguments">The arguments.</param>
    /// <param name="error">What is wrong with them, if the result is null.</param>
    /// <returns>The options; null if the arguments are wrong.</returns>
    public static ServiceOptions? Parse(IReadOnlyList<string> arguments, out string error)
    {
        ServiceCommand? command = null;
        string? state = null;
        string? runtime = null;
        double idleSeconds = DefaultIdleSeconds;
        for (int i = 0; i < arguments.Count; i++)
        {
            string name = arguments[i];
            switch (name)
            {
                case "--version" or "--help" or "-h":
                    command = name == "--version" ? ServiceCommand.Version : ServiceCommand.Help;
                    break;
                case "run" or "start" when command is null:
                    command = name == "run" ? ServiceCommand.Run : ServiceCommand.Start;
                    break;
                case "--state" or "--runtime" or "--idle-timeout" when i + 1 == arguments.Count:
                    error = $"{name} needs a value.";
                    return null;
                case "--state":
                    state = arguments[++i];
                    break;
                case "--runtime":
                    runtime = arguments[++i];
                    break;
                case "--idle-timeout":
                    if (!double.TryParse(arguments[++i], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out idleSeconds) || idleSeconds > 1e9)
                    {
                        error = $"--idle-timeout takes a number of seconds, not '{arguments[i]}'.";
                        return null;
                    }

                    break;
                default:
                    error = $"'{name}' is not an option of this program.";
                    return null;
            }
        }

        try
        {
            NestvisorPaths? given = state is null || runtime is null ? NestvisorPaths.FromEnvironment() : null;
            error = "";
            return new ServiceOptions
            {
                Command = command ?? ServiceCommand.Run,
                Paths = NestvisorPaths.Create(state ?? given!.State, runtime ?? given!.Runtime),
                IdleTimeout = TimeSpan.FromSeconds(idleSeconds),
            };
        }
        catch (ApiException wrong)
        {
            error = wrong.Message;
            return null;
        }
    }
}
