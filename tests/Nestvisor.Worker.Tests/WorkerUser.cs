namespace Nestvisor.Worker.Tests;

/// <summary>Who runs the worker in a test. The tests' names show it.</summary>
public enum WorkerUser
{
    /// <summary>The user who runs the tests.</summary>
    Caller,

    /// <summary>User 65534 without any group, if root runs the tests; else the unprivileged user who does.</summary>
    Unprivileged,
}
