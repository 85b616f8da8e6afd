using System.Diagnostics;

namespace Nestvisor.Storage.Tests;

/// <summary>Debian's qemu-img, which guests/build.sh gets.</summary>
internal static class QemuImage
{
    private static readonly Lazy<string> Folder = new(Find);

    /// <summary>Runs qemu-img; its output. Another exit code than 0 is a failure of the test.</summary>
    public static string Run(params string[] arguments) => Start("qemu-img", arguments);

    /// <summary>Writes with qemu-io, one command an argument.</summary>
    public static void Write(string format, string path, params string[] commands) =>
        _ = Start("qemu-io", ["-f", format, .. commands.SelectMany(command => new[] { "-c", command }), path]);

    /// <summary>qemu-img's name of a format.</summary>
    public static string NameOf(string path) => Path.GetExtension(path) switch
    {
        ".vhdx" => "vhdx",
        ".vhd" => "vpc",
        _ => "raw",
    };

    /// <summary>The disk's contents as qemu-img reads them, cut to the size that it has for us.</summary>
    public static byte[] Read(string path)
    {
        string raw = path + ".raw";
        try
        {
            _ = Run("convert", "-f", NameOf(path), "-O", "raw", path, raw);
            return File.ReadAllBytes(raw);
        }
        finally
        {
            File.Delete(raw);
        }
    }

    private static string Start(string program, string[] arguments)
    {
        string libraries = Path.Combine(Folder.Value, "lib");
        ProcessStartInfo start = new(Path.Combine(libraries, "ld-linux-x86-64.so.2")) { RedirectStandardError = true, RedirectStandardOutput = true };
        foreach (string argument in (string[])["--library-path", libraries, Path.Combine(Folder.Value, "bin", program), .. arguments])
        {
            start.ArgumentList.Add(argument);
        }

        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}: {output}{errors.Result}");
        return output;
    }

    private static string Find()
    {
        string root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "Nestvisor.slnx")))
        {
            root = Path.GetDirectoryName(root) ?? throw new InvalidOperationException("The test program is not inside the repository.");
        }

        string folder = Path.Combine(Environment.GetEnvironmentVariable("NESTVISOR_GUESTS") ?? Path.Combine(root, "artifacts", "guests"), "qemu-img");
        if (!Directory.Exists(folder))
        {
            using Process build = Process.Start(new ProcessStartInfo(Path.Combine(root, "guests", "build.sh"), "tools") { RedirectStandardOutput = true })!;
            _ = build.StandardOutput.ReadToEnd();
            build.WaitForExit();
        }

        return Directory.Exists(folder) ? folder : throw new InvalidOperationException($"'{folder}' is missing, and guests/build.sh tools could not make it.");
    }
}
