namespace Nestvisor.PowerShell.Tests;

/// <summary>Machines in each state, also in those that pass: there the worker is held, until the tests are over.</summary>
public sealed class StateTableMachines : IDisposable
{
    private readonly Dictionary<string, (string Name, int Uses)> _shared = [];
    private readonly Dictionary<(string State, bool IsShared), Hold> _holds = [];
    private readonly List<Hold> _all = [];
    private int _count;

    public StateTableMachines()
    {
        _ = Session.WriteDisk("disk.img", "disk");
        _ = Session.WriteDisk("other.img", "other");
        _ = Session.Run("$global:jobs = @()");
    }

    /// <summary>The session.</summary>
    public Session Session { get; } = new();

    /// <summary>
    /// The name of a machine in a state that several tests may use, since they change nothing. In a state that passes it is replaced now and
    /// then: the service does not wait for a worker for ever, and least for one that is to stop.
    /// </summary>
    public string Shared(string state)
    {
        int most = state switch { "Stopping" => 1, "Starting" or "Saving" => 8, _ => int.MaxValue };
        if (!_shared.TryGetValue(state, out (string Name, int Uses) machine) || machine.Uses >= most)
        {
            machine = (New(state, isShared: true), 0);
        }

        _shared[state] = (machine.Name, machine.Uses + 1);
        return machine.Name;
    }

    /// <summary>The name of a new machine in a state.</summary>
    /// <param name="state">The state.</param>
    /// <param name="isShared">Whether several tests will use it.</param>
    public string New(string state, bool isShared = false)
    {
        string name = $"vm{_count++}x";
        (string point, string script, string job) = state switch
        {
            "Off" => ("", "", ""),
            "Running" => ("", $"Start-VM {name}", ""),
            "Paused" => ("", $"Start-VM {name}; Suspend-VM {name}", ""),
            "Saved" => ("", $"Start-VM {name}; Save-VM {name}", ""),
            "Starting" => ("start", "", $"Start-VM {name} -AsJob"),
            "Saving" => ("save", $"Start-VM {name}", $"Save-VM {name} -AsJob"),
            "Stopping" => ("stop", $"Start-VM {name}", $"Stop-VM {name} -TurnOff -AsJob"),
            _ => throw new InvalidOperationException($"There is no state '{state}'."),
        };
        Hold? hold = point.Length == 0 ? null : new Hold(Session, point);
        if (hold is not null)
        {
            // The one before has been tried; its worker need not wait any longer.
            _holds.GetValueOrDefault((state, isShared))?.Release();
            _holds[(state, isShared)] = hold;
            _all.Add(hold);
        }

        _ = Session.Run(
            $"""
            New-VM {name} -Version 11.0 -VHDPath "$folder/disk.img" | Out-Null
            Set-VMMemory {name} -MinimumBytes 256MB
            Set-VMFirmware {name} -KernelPath "$folder/kernel" -KernelCommandLine '{hold?.Words}'
            {script}
            {(job.Length == 0 ? "" : $"$global:jobs += {job}")}
            """);
        hold?.Wait();
        Assert.Equal(state, Session.Text($"(Get-VM {name}).State"));
        return name;
    }

    /// <summary>The settings of a machine, as text.</summary>
    public string Configuration(string name) => Session.Text(
        $"""
        $v = Get-VM {name}; $p = Get-VMProcessor {name}; $m = Get-VMMemory {name}; $f = Get-VMFirmware {name}
        "$($v.Name) $($v.Notes) $($v.Version) $($v.ConfiguredEngine) $($p.Count) $($p.ExposeVirtualizationExtensions) $($p.MaskedFeatures) $($m.Startup) $($m.Minimum) $($m.Maximum) $($m.Buffer) $($m.Priority) $($f.KernelPath) $($f.KernelCommandLine) $($v.HardDrives.Path)"
        """);

    public void Dispose()
    {
        foreach (Hold hold in _holds.Values)
        {
            hold.Release();
        }

        _ = Session.RunAll("$jobs | ForEach-Object { $null = Wait-Job $_ -Timeout 60 }");
        Session.Dispose();
        foreach (Hold hold in _all)
        {
            hold.Dispose();
        }
    }
}
