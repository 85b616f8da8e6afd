namespace Nestvisor.Management.Hosting;

/// <summary>What the program is to do.</summary>
internal enum ServiceCommand
{
    /// <summary>Serve.</summary>
    Run,

    /// <summary>Start a service in the background.</summary>
    Start,

    /// <summary>Print the version.</summary>
    Version,

    /// <summary>Print the help.</summary>
    Help,
}
