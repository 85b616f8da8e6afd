namespace Nestvisor.NetworkCommands;

/// <summary>Whether a route is advertised.</summary>
public enum Publish
{
    /// <summary>It is not.</summary>
    No = 0,

    /// <summary>It is, for as long as it is valid.</summary>
    Age = 1,

    /// <summary>It is.</summary>
    Yes = 2,
}
