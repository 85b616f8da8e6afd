using Nestvisor.Networking.Host;

namespace Nestvisor.Networking.Tests.Host;

public sealed class CommandTests
{
    [Theory]
    [InlineData("nft-that-is-not-there", "nft-that-is-not-there")]
    public async Task Run_MissingProgram_NamesItAndThePackage(string program, string package)
    {
        HostNetworkException error = await Assert.ThrowsAsync<HostNetworkException>(() =>
            new CommandRunner([]).RunAsync(program, [], "", TestContext.Current.CancellationToken));

        Assert.Equal(HostNetworkProblem.MissingProgram, error.Problem);
        Assert.Contains($"'{program}'", error.Message, StringComparison.Ordinal);
        Assert.Contains($"apt-get install {package}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FindIn_BusyBoxsIp_IsPassedOver()
    {
        string small = Directory.CreateTempSubdirectory().FullName;
        string full = Directory.CreateTempSubdirectory().FullName;
        try
        {
            File.WriteAllText(Path.Combine(small, "busybox"), "");
            _ = File.CreateSymbolicLink(Path.Combine(small, "ip"), "busybox");
            _ = File.CreateSymbolicLink(Path.Combine(small, "cat"), "busybox");
            File.WriteAllText(Path.Combine(full, "ip"), "");

            Assert.Equal(Path.Combine(full, "ip"), CommandRunner.FindIn([small, full], "ip"));
            Assert.Null(CommandRunner.FindIn([small], "ip"));
            Assert.Equal(Path.Combine(small, "cat"), CommandRunner.FindIn([small, full], "cat"));
        }
        finally
        {
            Directory.Delete(small, recursive: true);
            Directory.Delete(full, recursive: true);
        }
    }

    [Fact]
    public async Task Run_ProgramThatReads_GetsItsInputAndSpeaksEnglish()
    {
        CommandResult result = await new CommandRunner([]).RunAsync("sh", ["-c", "cat; echo $LC_ALL; echo no >&2; exit 3"], "in\n", TestContext.Current.CancellationToken);

        Assert.Equal(new CommandResult(3, "in\nC\n", "no\n"), result);
    }

    [Fact]
    public async Task Run_Denied_SaysWhatIsNeeded()
    {
        NetworkHost host = new(new CommandRunner([]), "00000000");

        HostNetworkException error = await Assert.ThrowsAsync<HostNetworkException>(() =>
            host.RunAsync("make a bridge", "sh", ["-c", "echo RTNETLINK answers: Operation not permitted >&2; exit 2"], "", TestContext.Current.CancellationToken));

        Assert.Equal(HostNetworkProblem.NotPermitted, error.Problem);
        Assert.Contains("make a bridge", error.Message, StringComparison.Ordinal);
        Assert.Contains("CAP_NET_ADMIN", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Steps_OneFails_AreUndoneFromTheLastOn()
    {
        List<string> log = [];
        HostNetworkException error = await Assert.ThrowsAsync<HostNetworkException>(() => UndoList.RunAsync(async steps =>
        {
            steps.Do(() => log.Add("one"), () => log.Add("not one"));
            await steps.DoAsync(() => Log("two"), () => throw new HostNetworkException(HostNetworkProblem.Failed, "Two stays."));
            await steps.DoAsync(() => throw new HostNetworkException(HostNetworkProblem.Refused, "No three."), () => Log("not three"));
        }));

        Assert.Equal(["one", "two", "not three", "not one"], log);
        Assert.Equal(HostNetworkProblem.Refused, error.Problem);
        Assert.StartsWith("No three.", error.Message, StringComparison.Ordinal);
        Assert.EndsWith("Two stays.", error.Message, StringComparison.Ordinal);

        Task Log(string text)
        {
            log.Add(text);
            return Task.CompletedTask;
        }
    }

    [Theory]
    [InlineData("c08cb7b8-9b3c-408e-8e30-5e16a3aeb444", "nvsc08cb7b8", "nvtc08cb7b8")]
    public void Names_OfTheKernel_FitAndAreFound(string id, string bridge, string tap)
    {
        Guid guid = new(id);
        Assert.Equal((bridge, tap), (InterfaceNames.Bridge(guid), InterfaceNames.Tap(guid)));
        Assert.Equal(guid, InterfaceNames.SwitchOf("01234567", ["other", InterfaceNames.MarkOfSwitch("01234567", guid)]));
        Assert.Equal(guid, InterfaceNames.AdapterOf("01234567", [InterfaceNames.MarkOfAdapter("01234567", guid)]));
        Assert.Null(InterfaceNames.AdapterOf("01234567", [InterfaceNames.MarkOfSwitch("01234567", guid)]));
        Assert.Null(InterfaceNames.SwitchOf("89abcdef", [InterfaceNames.MarkOfSwitch("01234567", guid)]));
        Assert.InRange(InterfaceNames.MarkOfSwitch("01234567", guid).Length, 1, 127);
    }
}
