using Xunit.Sdk;
using Xunit.v3;

// Each guest keeps a processor busy; two at a time would only take each other's time.
[assembly: Parallelization(Mode = ParallelMode.None)]
