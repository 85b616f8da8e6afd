using Nestvisor.Management.Hosting;

namespace Nestvisor.Management;

/// <summary>The program nestvisor-service.</summary>
internal static class Program
{
    private static async Task<int> Main(string[] args)
    {
        if (args is [PlainPasst.Command, _, ..])
        {
            return PlainPasst.Execute(args[1..]);
        }

        ServiceOptions? options = ServiceOptions.Parse(args, out string error);
        if (options is null)
        {
            Console.Error.WriteLine($"nestvisor-service: {error} Try --help.");
            return ExitCode.Usage;
        }

        switch (options.Command)
        {
            case ServiceCommand.Version:
                Console.WriteLine($"nestvisor-service {ProductVersion.Current}");
                return ExitCode.Success;
            case ServiceCommand.Help:
                Console.WriteLine(ServiceOptions.Help);
                return ExitCode.Success;
            case ServiceCommand.Start:
                return await BackgroundStart.RunAsync(options).ConfigureAwait(false);
            default:
                try
                {
                    return await ServiceHost.RunAsync(options).ConfigureAwait(false);
                }
                catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
                {
                    Console.Error.WriteLine($"nestvisor-service: {failure.Message}");
                    return ExitCode.Failure;
                }
        }
    }
}
