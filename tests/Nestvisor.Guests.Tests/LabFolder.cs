namespace Nestvisor.Guests.Tests;

/// <summary>A folder of its own for a test, with a short name because of the sockets in it, and what the test's user needs.</summary>
public sealed class LabFolder : IDisposable
{
    private const string Unprivileged = "65534";

    public LabFolder(GuestUser user)
    {
        SwitchesUser = user == GuestUser.Unprivileged && Environment.IsPrivilegedProcess;
        Path = Directory.CreateTempSubdirectory("nvg").FullName;
        Root = FindRoot();
        Programs = Require(System.IO.Path.Combine(Root, "artifacts", "nestvisor"), "nestvisor-worker", "eng/publish.sh");
        Guests = Require(System.IO.Path.Combine(Root, "artifacts", "guests"), "nestvisor.img", "guests/build.sh");
        if (SwitchesUser)
        {
            _ = LabProcess.Run(["chown", $"{Unprivileged}:{Unprivileged}", Path]);
            TestContext.Current.TestOutputHelper?.WriteLine($"runs as user {Unprivileged}");
            if (LabProcess.Run([.. Prefix, "test", "-r", System.IO.Path.Combine(Guests, "nestvisor.img")]).ExitCode != 0)
            {
                // The clone lies where only root looks.
                Programs = Copy(Programs, "programs");
                Guests = Copy(Guests, "guests", "--exclude=cache");
            }
        }
        else
        {
            TestContext.Current.TestOutputHelper?.WriteLine($"runs as user {Environment.UserName}");
        }
    }

    /// <summary>Whether processes run as another user than the test.</summary>
    public bool SwitchesUser { get; }

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>The clone.</summary>
    public string Root { get; }

    /// <summary>Where nestvisor, nestvisor-worker and nestvisor-service are.</summary>
    public string Programs { get; }

    /// <summary>Where kernels, initial RAM disks and the lab's disk are.</summary>
    public string Guests { get; }

    /// <summary>Words that start a program as the test's user.</summary>
    public string[] Prefix => SwitchesUser ? ["setpriv", $"--reuid={Unprivileged}", $"--regid={Unprivileged}", "--clear-groups"] : [];

    public string Guest(string name) => System.IO.Path.Combine(Guests, name);

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (System.IO.File.Exists(System.IO.Path.Combine(folder.FullName, "Nestvisor.slnx")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException("The tests do not lie in a clone of the repository.");
    }

    private static string Require(string folder, string file, string script)
    {
        string path = System.IO.Path.Combine(folder, file);
        return System.IO.File.Exists(path) ? folder : throw new InvalidOperationException($"{path} is missing; run {script} first.");
    }

    private string Copy(string from, string name, params string[] options)
    {
        string to = File(name);
        _ = Directory.CreateDirectory(to);
        (int code, _, string error) = LabProcess.Run(["sh", "-c", $"tar -C '{from}' {string.Join(' ', options)} -cf - . | tar -C '{to}' -xf - && chmod -R a+rX '{to}'"]);
        Assert.True(code == 0, error);
        return to;
    }
}
