namespace Nestvisor.Guests.Tests;

/// <summary>Who runs Nestvisor in a test. The tests' names show it.</summary>
public enum GuestUser
{
    /// <summary>The user who runs the tests.</summary>
    Caller,

    /// <summary>User 65534 without any group, if root runs the tests; else the unprivileged user who does.</summary>
    Unprivileged,
}
