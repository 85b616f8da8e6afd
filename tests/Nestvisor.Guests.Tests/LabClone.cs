namespace Nestvisor.Guests.Tests;

/// <summary>A clone of the repository that belongs to a test's user.</summary>
internal static class LabClone
{
    /// <summary>Copies the sources as they are, committed or not.</summary>
    /// <param name="folder">The test's folder.</param>
    /// <param name="name">The clone's name in it.</param>
    /// <param name="built">Whether what a first quickstart.sh makes is copied too.</param>
    public static string Make(LabFolder folder, string name, bool built)
    {
        string clone = folder.File(name);
        Copy(folder, clone, "git -c safe.directory='*' ls-files -co --exclude-standard -z | while IFS= read -r -d '' f; do [ ! -e \"$f\" ] || printf '%s\\0' \"$f\"; done");
        if (built)
        {
            Copy(
                folder,
                clone,
                "printf '%s\\0' artifacts/nestvisor artifacts/publish artifacts/guests",
                "--exclude='artifacts/publish/*.out'",
                "--exclude='artifacts/guests/bench'",
                "--exclude='artifacts/guests/load*'",
                "--exclude='artifacts/guests/qemu*'");
        }

        if (folder.SwitchesUser)
        {
            (int code, _, string error) = LabProcess.Run(["chown", "-R", $"--reference={folder.Path}", clone]);
            Assert.True(code == 0, error);
        }

        return clone;
    }

    private static void Copy(LabFolder folder, string to, string names, params string[] options)
    {
        _ = Directory.CreateDirectory(to);
        (int code, _, string error) = LabProcess.Run(
            ["bash", "-c", $"set -eo pipefail; cd '{folder.Root}'; {{ {names}; }} | tar {string.Join(' ', options)} --null -T - -cf - | tar -C '{to}' -xf -"]);
        Assert.True(code == 0, error);
    }
}
