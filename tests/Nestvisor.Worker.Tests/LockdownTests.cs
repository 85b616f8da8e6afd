namespace Nestvisor.Worker.Tests;

public sealed class LockdownTests
{
    [Theory]
    [InlineData(WorkerUser.Caller)]
    [InlineData(WorkerUser.Unprivileged)]
    public void LockedDown_OpenSocketExecuteMap_EachFails(WorkerUser user)
    {
        Assert.SkipUnless(
            WorkerProcess.Program.Published,
            "The worker is not published (eng/publish.sh worker), or older than its sources; only a published one locks itself down.");

        (int exitCode, string output, string error) = WorkerProcess.RunAs(user, "selftest-lockdown");

        Assert.True(exitCode == 0, output + error);
        foreach (string action in (string[])["open", "socket", "execve", "fork", "ptrace", "kill", "executable mapping", "executable protection"])
        {
            Assert.Contains($"{action}: errno 1\n", output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void ForcedKvm_UserWithoutRights_SaysWhyAndDoesNotFallBack()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root can switch to another user.");
        Assert.SkipUnless(File.Exists("/dev/kvm"), "There is no /dev/kvm.");
        Assert.SkipWhen((File.GetUnixFileMode("/dev/kvm") & UnixFileMode.OtherWrite) != 0, "/dev/kvm is open to everybody.");
        using WorkerProcess process = WorkerProcess.StartUnprivileged("boot", "--kernel", "/dev/null", "--engine", "kvm");

        (int exitCode, _, string error) = process.Wait();

        // Outside /root the unprivileged user can read the program.
        Assert.SkipWhen(error.Contains("Permission denied", StringComparison.Ordinal), "The other user cannot execute the worker here.");
        Assert.Equal(78, exitCode);
        Assert.Contains("may not be opened by this user", error, StringComparison.Ordinal);
    }
}
