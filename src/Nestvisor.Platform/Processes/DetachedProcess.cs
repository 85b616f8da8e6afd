using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Text;

namespace Nestvisor.Platform.Processes;

/// <summary>
/// A process in its own session that keeps nothing of its starter's: standard input is /dev/null, output goes to a file, all other
/// descriptors are closed, and it outlives the starter. A shell's <c>$(…)</c> around the starter ends when the starter does.
/// </summary>
public sealed unsafe partial class DetachedProcess
{
    private const int OpenReadOnly = 0;
    private const int OpenWriteCreateAppend = 0x1 | 0x40 | 0x400;
    private const short SpawnSetSession = 0x80;
    private const short SpawnSetSignalMask = 0x08;
    private const short SpawnSetSignalDefault = 0x04;
    private const int Interrupted = 4;

    // posix_spawnattr_t is 336, posix_spawn_file_actions_t 80 and sigset_t 128 bytes in glibc for x86-64.
    private const int OpaqueBytes = 512;

    private DetachedProcess(int id) => Id = id;

    /// <summary>The process's identifier.</summary>
    public int Id { get; }

    /// <summary>Starts a program.</summary>
    /// <param name="program">Path of the executable.</param>
    /// <param name="arguments">Its arguments, without its own name.</param>
    /// <param name="outputFile">File that standard output and error are appended to; created with mode 0600.</param>
    /// <exception cref="Win32Exception">It cannot be started.</exception>
    public static DetachedProcess Start(string program, IReadOnlyList<string> arguments, string outputFile)
    {
        List<string> environment = [];
        foreach (System.Collections.DictionaryEntry entry in Environment.GetEnvironmentVariables())
        {
            environment.Add($"{entry.Key}={entry.Value}");
        }

        byte* actions = stackalloc byte[OpaqueBytes];
        byte* attributes = stackalloc byte[OpaqueBytes];
        byte* signals = stackalloc byte[OpaqueBytes];
        byte** argv = Vector([program, .. arguments]);
        byte** envp = Vector(environment);
        // SAFETY: the opaque structures are larger than glibc's, initialised before use and destroyed after it; the two vectors are
        // null-terminated arrays of null-terminated strings that live until the call has returned.
        try
        {
            Check(posix_spawn_file_actions_init(actions), program);
            Check(posix_spawnattr_init(attributes), program);
            Check(posix_spawn_file_actions_addopen(actions, 0, "/dev/null", OpenReadOnly, 0), program);
            Check(posix_spawn_file_actions_addopen(actions, 1, outputFile, OpenWriteCreateAppend, 0x180), program);
            Check(posix_spawn_file_actions_adddup2(actions, 1, 2), program);
            Check(posix_spawn_file_actions_addclosefrom_np(actions, 3), program);
            _ = sigemptyset(signals);
            Check(posix_spawnattr_setsigmask(attributes, signals), program);
            _ = sigfillset(signals);
            Check(posix_spawnattr_setsigdefault(attributes, signals), program);
            Check(posix_spawnattr_setflags(attributes, SpawnSetSession | SpawnSetSignalMask | SpawnSetSignalDefault), program);
            Check(posix_spawn(out int id, program, actions, attributes, argv, envp), program);
            return new DetachedProcess(id);
        }
        finally
        {
            _ = posix_spawn_file_actions_destroy(actions);
            _ = posix_spawnattr_destroy(attributes);
            Free(argv);
            Free(envp);
        }
    }

    /// <summary>Waits until the process has ended, and removes what the kernel keeps of it. May be called once.</summary>
    /// <returns>Its exit code, or minus the number of the signal that killed it.</returns>
    public int WaitForExit()
    {
        int status;
        // SAFETY: status is a local that outlives the call.
        while (waitpid(Id, &status, 0) < 0)
        {
            int error = Marshal.GetLastPInvokeError();
            if (error != Interrupted)
            {
                throw new Win32Exception(error);
            }
        }

        int signal = status & 0x7F;
        return signal == 0 ? (status >> 8) & 0xFF : -signal;
    }

    /// <summary>Lets another program take this process's place (execve(2)).</summary>
    /// <param name="program">Path of the executable.</param>
    /// <param name="arguments">Its arguments, without its own name.</param>
    /// <exception cref="Win32Exception">It cannot be started; otherwise this does not return.</exception>
    public static void Become(string program, IReadOnlyList<string> arguments)
    {
        byte** argv = Vector([program, .. arguments]);

        // SAFETY: a null-terminated array of null-terminated strings that lives as long as this process is what it was.
        _ = execv(program, argv);
        int error = Marshal.GetLastPInvokeError();
        Free(argv);
        Check(error, program);
    }

    private static void Check(int error, string program)
    {
        if (error != 0)
        {
            throw new Win32Exception(error, $"'{program}' cannot be started: {Marshal.GetPInvokeErrorMessage(error)}.");
        }
    }

    // SAFETY: allocates count + 1 pointers and writes exactly these; Free walks the same array.
    private static byte** Vector(List<string> values)
    {
        byte** vector = (byte**)NativeMemory.AllocZeroed((nuint)(values.Count + 1), (nuint)sizeof(byte*));
        for (int i = 0; i < values.Count; i++)
        {
            int length = Encoding.UTF8.GetByteCount(values[i]);
            byte* text = (byte*)NativeMemory.AllocZeroed((nuint)length + 1);
            _ = Encoding.UTF8.GetBytes(values[i], new Span<byte>(text, length));
            vector[i] = text;
        }

        return vector;
    }

    private static void Free(byte** vector)
    {
        // SAFETY: the vector comes from Vector and ends with a null pointer.
        for (byte** entry = vector; *entry != null; entry++)
        {
            NativeMemory.Free(*entry);
        }

        NativeMemory.Free(vector);
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int posix_spawn(out int pid, string path, void* actions, void* attributes, byte** argv, byte** envp);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int execv(string path, byte** argv);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_init(void* actions);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_destroy(void* actions);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int posix_spawn_file_actions_addopen(void* actions, int descriptor, string path, int flags, uint mode);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_adddup2(void* actions, int descriptor, int target);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_addclosefrom_np(void* actions, int first);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_init(void* attributes);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_destroy(void* attributes);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_setflags(void* attributes, short flags);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_setsigmask(void* attributes, void* signals);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_setsigdefault(void* attributes, void* signals);

    [LibraryImport("libc")]
    private static partial int sigemptyset(void* signals);

    [LibraryImport("libc")]
    private static partial int sigfillset(void* signals);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int waitpid(int pid, int* status, int options);
}
