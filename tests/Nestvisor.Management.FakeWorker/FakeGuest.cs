namespace Nestvisor.Management.FakeWorker;

/// <summary>What the pretended guest does, as words of the kernel's command line say.</summary>
internal sealed record FakeGuest
{
    /// <summary>The start fails with this message: <c>fake.fail=MESSAGE</c>, with underscores for blanks.</summary>
    public string? Failure { get; private init; }

    /// <summary>The worker aborts before it listens: <c>fake.crash</c>.</summary>
    public bool Crashes { get; private init; }

    /// <summary>The guest is done before the worker listens: <c>fake.done</c>.</summary>
    public bool EndsAtOnce { get; private init; }

    /// <summary>The guest does not heed the power button: <c>fake.deaf</c>.</summary>
    public bool IgnoresPowerButton { get; private init; }

    /// <summary>The worker answers no request but status: <c>fake.stuck</c>.</summary>
    public bool IsStuck { get; private init; }

    /// <summary>Changes of network adapters fail: <c>fake.wired</c>.</summary>
    public bool IsWiredForGood { get; private init; }

    /// <summary>Saving fails: <c>fake.unsavable</c>.</summary>
    public bool CannotBeSaved { get; private init; }

    /// <summary>The worker dies in the middle of saving: <c>fake.diesaving</c>.</summary>
    public bool DiesSaving { get; private init; }

    /// <summary>The engine cannot be used: <c>fake.noengine</c>.</summary>
    public bool HasNoEngine { get; private init; }

    /// <summary>Capturing its state fails: <c>fake.uncapturable</c>.</summary>
    public bool CannotBeCaptured { get; private init; }

    /// <summary>
    /// Where the worker waits until it is let go on: <c>fake.hold=POINT:SOCKET</c>, with start, stop, save or capture as the point. It connects
    /// to the socket, and goes on when the connection is closed.
    /// </summary>
    public (string Point, string Socket)? Hold { get; private init; }

    /// <summary>Reads a command line.</summary>
    public static FakeGuest Parse(string commandLine)
    {
        FakeGuest guest = new();
        foreach (string word in commandLine.Split(' '))
        {
            guest = word switch
            {
                "fake.crash" => guest with { Crashes = true },
                "fake.done" => guest with { EndsAtOnce = true },
                "fake.deaf" => guest with { IgnoresPowerButton = true },
                "fake.unsavable" => guest with { CannotBeSaved = true },
                "fake.diesaving" => guest with { DiesSaving = true },
                "fake.wired" => guest with { IsWiredForGood = true },
                "fake.stuck" => guest with { IsStuck = true },
                "fake.noengine" => guest with { HasNoEngine = true },
                "fake.uncapturable" => guest with { CannotBeCaptured = true },
                _ when word.StartsWith("fake.hold=", StringComparison.Ordinal) && word["fake.hold=".Length..].Split(':', 2) is [var point, var socket] =>
                    guest with { Hold = (point, socket) },
                _ when word.StartsWith("fake.fail=", StringComparison.Ordinal) => guest with { Failure = word["fake.fail=".Length..].Replace('_', ' ') },
                _ => guest,
            };
        }

        return guest;
    }
}
