namespace Nestvisor.PowerShell.Tests;

public sealed class HoldTests : IClassFixture<Session>
{
    private readonly Session _session;

    public HoldTests(Session session) => _session = session;

    // Processes that are started when descriptor 0 is closed get none for their input.
    [Fact]
    public void Hold_ReleasedAndDisposed_LeavesThisProcessItsStandardInput()
    {
        string? before = StandardInput();
        using (Hold hold = new(_session, "save"))
        {
            _session.Create("held", hold.Words);
            _ = _session.Run("Start-VM held; $global:job = Save-VM held -AsJob");
            hold.Wait();
            hold.Release();
            _ = _session.Run("$null = Wait-Job $job -Timeout 60; Remove-Job $job; Remove-VM held -Force");
        }

        Assert.Equal(before, StandardInput());
    }

    private static string? StandardInput() => new FileInfo("/proc/self/fd/0").LinkTarget;
}
