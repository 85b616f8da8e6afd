using Nestvisor.Platform;
using Nestvisor.Worker.Commands;

// Every thread made from here on inherits it: virtual processors and timers must not sleep longer than they asked for.
ProcessControl.UseExactTimers();
return WorkerCommandLine.Create().Parse(args).Invoke();
