using Xunit.Sdk;
using Xunit.v3;

// The service that the commands use is named by the environment, which a process has once.
[assembly: Parallelization(Mode = ParallelMode.None)]
