using Nestvisor.Api.Worker;
using Nestvisor.Platform;
using Nestvisor.Platform.Lockdown;
using Nestvisor.Worker.Lockdown;
using Nestvisor.Worker.Running;

namespace Nestvisor.Worker.Commands;

/// <summary><c>selftest-lockdown</c>: locks the process down and tries, from inside, what must fail and what must still work.</summary>
internal static class SelfTestCommand
{
    public static int Execute()
    {
        // What must work afterwards is prepared as a worker prepares it.
        using EventDescriptor before = new();
        WorkerLockdown.Apply(WorkerEngine.Software);
        bool passed = true;
        foreach ((string name, int error) in ForbiddenActions.TryAll())
        {
            Console.WriteLine($"{name}: {(error == 0 ? "succeeded" : $"errno {error}")}");
            passed &= error == LinuxError.NotPermitted;
        }

        Thread thread = new(before.Signal);
        thread.Start();
        thread.Join();
        GC.Collect();
        bool works = before.Drain() == 1;
        Console.WriteLine($"new thread and event: {(works ? "works" : "failed")}");
        return passed && works ? ExitCode.Success : ExitCode.InternalError;
    }
}
