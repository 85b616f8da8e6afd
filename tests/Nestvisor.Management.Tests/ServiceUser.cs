namespace Nestvisor.Management.Tests;

/// <summary>Who runs the service in a test. The tests' names show it.</summary>
public enum ServiceUser
{
    /// <summary>The user who runs the tests.</summary>
    Caller,

    /// <summary>User 65534, if root runs the tests; else the unprivileged user who does.</summary>
    Unprivileged,
}
