using Nestvisor.Api.Worker;
using Nestvisor.Platform;
using Nestvisor.Platform.Lockdown;

namespace Nestvisor.Worker.Lockdown;

/// <summary>
/// Gives up, for good, what a running machine does not need: a locked-down worker opens, connects to, starts and traces nothing,
/// and makes no new executable memory. What was opened and mapped before stays usable.
/// </summary>
internal static class WorkerLockdown
{
    private const int NotImplemented = 38;
    private const ulong Executable = 4;
    private const ulong CloneThread = 0x0001_0100; // CLONE_VM, CLONE_THREAD
    private const ulong LowWord = 0xFFFF_FFFF;
    private const ulong SetThreadName = 15;
    private const ulong SetTimerSlack = 29;

    // ioctl requests carry the driver's letter in bits 15:8: AEh is KVM.
    private const ulong RequestType = 0xFF00;
    private const ulong KvmType = 0xAE00;
    private const ulong FionRead = 0x541B;
    private const ulong FionBio = 0x5421;
    private const ulong TcGets = 0x5401;
    private const ulong TcSets = 0x5402;

    /// <summary>
    /// Whether this build can lock itself down. One that compiles at run time, as developers build it, cannot: the compiler needs
    /// executable memory and loads assemblies when they are first used.
    /// </summary>
    /// <remarks>RuntimeFeature says of both builds that they do not compile, since the project asks for publishing so.</remarks>
    public static bool IsPossible { get; } = AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES") is null;

    /// <summary>Locks the process down. All files, sockets and code must be there.</summary>
    /// <param name="engine">The engine that runs; only Kvm needs KVM's requests.</param>
    /// <param name="renames">The renames that stay possible.</param>
    /// <exception cref="System.ComponentModel.Win32Exception">The kernel refused.</exception>
    public static void Apply(WorkerEngine engine, params IReadOnlyList<PreparedRename> renames)
    {
        if (!IsPossible)
        {
            Console.Error.WriteLine("nestvisor-worker: this build is not compiled ahead of time and runs without lock-down; use a published one.");
            return;
        }

        WarmUp();
        ProcessControl.ForbidNewPrivileges();
        ProcessControl.ForbidInspection();
        CreateFilter(engine, renames).Apply();
    }

    private static SystemCallFilter CreateFilter(WorkerEngine engine, IReadOnlyList<PreparedRename> renames)
    {
        SystemCallFilter filter = new();
        if (engine == WorkerEngine.Kvm)
        {
            filter.AllowIf(SystemCall.Ioctl, new ArgumentCheck(1, RequestType, KvmType));
        }

        filter.Allow(
            SystemCall.Futex, SystemCall.Read, SystemCall.Write, SystemCall.EpollWait, SystemCall.EpollPwait, SystemCall.Pread64,
            SystemCall.Pwrite64, SystemCall.Preadv, SystemCall.Pwritev, SystemCall.Readv, SystemCall.Writev, SystemCall.ClockGettime,
            SystemCall.ClockNanosleep, SystemCall.Nanosleep, SystemCall.Poll, SystemCall.Ppoll, SystemCall.SchedYield, SystemCall.FutexWaitv);

        // With it the kernel itself goes on with a wait that a stop of the process or a suspended host interrupted.
        filter.Allow(SystemCall.RestartSyscall);

        // Sockets that exist, and their clients.
        filter.Allow(
            SystemCall.Accept, SystemCall.Accept4, SystemCall.Sendto, SystemCall.Recvfrom, SystemCall.Sendmsg, SystemCall.Recvmsg,
            SystemCall.Shutdown, SystemCall.Getsockname, SystemCall.Getpeername, SystemCall.Setsockopt, SystemCall.Getsockopt);

        // Descriptors that exist; events and pipes, which reach nobody else.
        filter.Allow(
            SystemCall.Close, SystemCall.Fstat, SystemCall.Lseek, SystemCall.Fcntl, SystemCall.Flock, SystemCall.Fsync,
            SystemCall.Fdatasync, SystemCall.Ftruncate, SystemCall.Fallocate, SystemCall.EpollCtl, SystemCall.EpollCreate1,
            SystemCall.Eventfd2, SystemCall.Pipe2);
        foreach (ulong request in (ReadOnlySpan<ulong>)[FionRead, FionBio, TcGets, TcSets, TapDevice.SetOffloadsRequest, TapDevice.SetQueueRequest])
        {
            filter.AllowIf(SystemCall.Ioctl, new ArgumentCheck(1, LowWord, request));
        }

        // The runtime's memory and threads.
        filter.AllowIf(SystemCall.Mmap, new ArgumentCheck(2, Executable, 0));
        filter.AllowIf(SystemCall.Mprotect, new ArgumentCheck(2, Executable, 0));
        filter.Allow(
            SystemCall.Munmap, SystemCall.Madvise, SystemCall.Mremap, SystemCall.Brk, SystemCall.Mincore, SystemCall.Membarrier,
            SystemCall.SetRobustList, SystemCall.Rseq, SystemCall.Sigaltstack, SystemCall.RtSigprocmask, SystemCall.RtSigaction,
            SystemCall.RtSigreturn, SystemCall.SchedGetaffinity, SystemCall.Getcpu, SystemCall.Sysinfo, SystemCall.Exit, SystemCall.ExitGroup);

        // clone3's flags lie in memory, where a filter cannot see them; without it libc uses clone.
        filter.AllowIf(SystemCall.Clone, new ArgumentCheck(0, CloneThread, CloneThread));
        filter.Fail(SystemCall.Clone3, NotImplemented);
        filter.AllowIf(SystemCall.Tgkill, new ArgumentCheck(0, LowWord, (ulong)Environment.ProcessId));
        filter.AllowIf(SystemCall.Prctl, new ArgumentCheck(0, LowWord, SetThreadName));
        filter.AllowIf(SystemCall.Prctl, new ArgumentCheck(0, LowWord, SetTimerSlack));

        // prlimit64 for reading this process's own limits.
        filter.AllowIf(SystemCall.Prlimit64, new ArgumentCheck(0, LowWord, 0), new ArgumentCheck(2, ulong.MaxValue, 0));
        filter.Allow(
            SystemCall.Getpid, SystemCall.Gettid, SystemCall.Getuid, SystemCall.Geteuid, SystemCall.Getrusage, SystemCall.Gettimeofday,
            SystemCall.ClockGetres, SystemCall.Getrandom);
        foreach (PreparedRename rename in renames)
        {
            filter.AllowIf(
                SystemCall.Rename,
                new ArgumentCheck(0, ulong.MaxValue, (ulong)rename.From),
                new ArgumentCheck(1, ulong.MaxValue, (ulong)rename.To));
        }

        return filter;
    }

    // What the runtime opens on first use, it opens now.
    private static void WarmUp()
    {
        _ = Environment.ProcessId;
        _ = Environment.ProcessorCount;
        _ = DateTimeOffset.Now;
        ThreadPool.GetAvailableThreads(out _, out _);
        Task.Run(static () => { }).GetAwaiter().GetResult();
        GC.Collect();
    }
}
